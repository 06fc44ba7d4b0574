// Self-attention over packed sequences, gradient with respect to keys and values.
//
//   p_ij = softmax_j(q_i · k_j / √32)               formed again; i and j over one sequence
//   dk_j = Σ_i p_ij (do_i · v_j − D_i) q_i / √32     D_i = Σ_j p_ij do_i · v_j
//   dv_j = Σ_i p_ij do_i
//
// Source    Dao 2023 (FlashAttention-2), section 3.1; derivation in docs/gradients.md, "Attention".
// Shapes    qkv, dqkv [rows, 3, heads, 32]; work [tiles, 4] as in attention.wgsl; dout [rows, heads, 32];
//           stats [rows, heads, 2] of (log Σ_j exp(q_i · k_j / √32), Σ_j p_ij do_i · v_j). f32 and u32.
// Grid      x: one workgroup per tile of at most 32 keys of one sequence, one a lane; y: heads.
// Numerics  Exponents are at most 0; agrees with the oracle to 1e-5 of the largest gradient.
// Twin      oracle::attention_grad in src/ops/attention_grad.rs.

struct Params {
    heads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> work: array<vec4u>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read> stats: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;

@compute @workgroup_size(QUERIES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
    let tile = work[workgroup.x];
    let row = tile.x + lane;
    if row >= tile.y {
        return;
    }
    let hidden = params.heads * HEAD_VECS; // in vec4
    let head = workgroup.y * HEAD_VECS;
    let row_at = row * 3u * hidden + head;
    let scale = 1.0 / sqrt(f32(HEAD_DIM));
    let key_at = row_at + hidden;
    let value_at = key_at + hidden;
    let k_low = load_half(key_at);
    let k_high = load_half(key_at + 4u);
    let v_low = load_half(value_at);
    let v_high = load_half(value_at + 4u);

    var dk_low = mat4x4f();
    var dk_high = mat4x4f();
    var dv_low = mat4x4f();
    var dv_high = mat4x4f();
    for (var query = tile.z; query < tile.w; query++) {
        let query_at = query * 3u * hidden + head;
        let dout_at = query * hidden + head;
        // Scaled before the product, as in the other kernels: the same logit to the last bit.
        let q_low = load_half(query_at) * scale;
        let q_high = load_half(query_at + 4u) * scale;
        let do_low = load_half_dout(dout_at);
        let do_high = load_half_dout(dout_at + 4u);
        let stat = stats[query * params.heads + workgroup.y];
        let p = exp(dot_half(q_low, k_low) + dot_half(q_high, k_high) - stat.x);
        let dp = dot_half(do_low, v_low) + dot_half(do_high, v_high);
        let ds = p * (dp - stat.y);
        dk_low += q_low * ds;
        dk_high += q_high * ds;
        dv_low += do_low * p;
        dv_high += do_high * p;
    }
    store_half(key_at, dk_low);
    store_half(key_at + 4u, dk_high);
    store_half(value_at, dv_low);
    store_half(value_at + 4u, dv_high);
}
