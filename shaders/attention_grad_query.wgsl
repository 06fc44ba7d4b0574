// Self-attention over packed sequences, gradient with respect to the queries.
//
//   p_ij = softmax_j(q_i · k_j / √32)               formed again; i and j over one sequence
//   dq_i = Σ_j p_ij (do_i · v_j − D_i) k_j / √32     D_i = Σ_j p_ij do_i · v_j
//
// Source    Dao 2023 (FlashAttention-2), section 3.1; derivation in docs/gradients.md, "Attention".
// Shapes    qkv, dqkv [rows, 3, heads, 32]; work [tiles, 4] as in attention.wgsl; dout [rows, heads, 32];
//           stats [rows, heads, 2] of (log Σ_j exp(q_i · k_j / √32), Σ_j p_ij do_i · v_j). f32 and u32.
// Grid      x: one workgroup per tile of at most 32 queries of one sequence, one a lane; y: heads.
// Numerics  Exponents are at most 0; agrees with the oracle to 1e-5 of the largest gradient.
// Twin      oracle::attention_grad in src/ops/attention_grad.rs.

struct Params {
    heads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> work: array<vec4u>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
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
    let q_low = load_half(row_at) * scale;
    let q_high = load_half(row_at + 4u) * scale;
    let dout_at = row * hidden + head;
    let do_low = load_half_dout(dout_at);
    let do_high = load_half_dout(dout_at + 4u);

    var largest = -3.4e38; // of the logits so far
    var total = 0.0; // Σ exp(logit − largest)
    var weighted = 0.0; // Σ exp(logit − largest) do · v
    for (var key = tile.z; key < tile.w; key++) {
        let key_at = key * 3u * hidden + hidden + head;
        let value_at = key_at + hidden;
        let logit = dot_half(q_low, load_half(key_at)) + dot_half(q_high, load_half(key_at + 4u));
        let dp = dot_half(do_low, load_half(value_at)) + dot_half(do_high, load_half(value_at + 4u));
        let raised = max(largest, logit);
        let shrink = exp(largest - raised);
        let weight = exp(logit - raised);
        largest = raised;
        total = total * shrink + weight;
        weighted = weighted * shrink + weight * dp;
    }
    let log_total = largest + log(total);
    let mean_dp = weighted / total;
    stats[row * params.heads + workgroup.y] = vec2f(log_total, mean_dp);

    var dq_low = mat4x4f();
    var dq_high = mat4x4f();
    for (var key = tile.z; key < tile.w; key++) {
        let key_at = key * 3u * hidden + hidden + head;
        let value_at = key_at + hidden;
        let k_low = load_half(key_at);
        let k_high = load_half(key_at + 4u);
        let p = exp(dot_half(q_low, k_low) + dot_half(q_high, k_high) - log_total);
        let dp = dot_half(do_low, load_half(value_at)) + dot_half(do_high, load_half(value_at + 4u));
        let ds = p * (dp - mean_dp) * scale;
        dq_low += k_low * ds;
        dq_high += k_high * ds;
    }
    store_half(row_at, dq_low);
    store_half(row_at + 4u, dq_high);
}
