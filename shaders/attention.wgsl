// Self-attention over packed sequences, softmax fused, heads of width 32.
//
//   p_j = softmax_j(q · k_j / √32)                  j over the keys of the query's own sequence
//   out = Σ_j p_j v_j
//
// Source    Vaswani et al. 2017, section 3.2; the running maximum is Milakov & Gimelshein 2018.
// Shapes    qkv [rows, 3, heads, 32]; work [tiles, 4] of (first query, end of queries, first key,
//           end of keys), rows of qkv; out [rows, heads, 32]. f32 and u32, row-major.
// Grid      x: one workgroup per tile of at most 32 queries of one sequence, a query a lane; y: heads.
// Numerics  Exponents are at most 0; agrees with the oracle to 1e-5 of max|out|.
// Twin      oracle::attention in src/ops/attention.rs.

struct Params {
    heads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> work: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

fn store_half(at: u32, half_head: mat4x4f) {
    out[at] = half_head[0];
    out[at + 1u] = half_head[1];
    out[at + 2u] = half_head[2];
    out[at + 3u] = half_head[3];
}

@compute @workgroup_size(QUERIES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
    let tile = work[workgroup.x];
    let query = tile.x + lane;
    if query >= tile.y {
        return;
    }
    let hidden = params.heads * HEAD_VECS; // in vec4
    let head = workgroup.y * HEAD_VECS;
    let query_at = query * 3u * hidden + head;
    let scale = 1.0 / sqrt(f32(HEAD_DIM));
    let q_low = load_half(query_at) * scale;
    let q_high = load_half(query_at + 4u) * scale;

    var largest = -3.4e38; // of the logits so far
    var total = 0.0; // Σ exp(logit − largest)
    var out_low = mat4x4f();
    var out_high = mat4x4f();
    for (var key = tile.z; key < tile.w; key++) {
        let key_at = key * 3u * hidden + hidden + head;
        let logit = dot_half(q_low, load_half(key_at)) + dot_half(q_high, load_half(key_at + 4u));
        let raised = max(largest, logit);
        let shrink = exp(largest - raised);
        let weight = exp(logit - raised);
        largest = raised;
        total = total * shrink + weight;

        let value_at = key_at + hidden;
        out_low = out_low * shrink + load_half(value_at) * weight;
        out_high = out_high * shrink + load_half(value_at + 4u) * weight;
    }

    let out_at = query * hidden + head;
    store_half(out_at, out_low * (1.0 / total));
    store_half(out_at + 4u, out_high * (1.0 / total));
}
