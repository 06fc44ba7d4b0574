// Scores of queries against passages: dot products of f32 queries with f16 passages.
//
//   score = Σ query · passage      over the width of a vector
//
// Source    Karpukhin et al. 2020, section 3.1: similarity as the dot product of two embeddings.
// Shapes    queries [queries, width] f32; passages [rows, width] f16, eight in a vec4u; scores [queries, rows] f32;
//           row-major; width is a multiple of 8.
// Grid      x: a thread for each row, 64 in a workgroup; y: queries.
// Numerics  Halves become f32 exactly; f32 sums; agrees with the oracle to 1e-5 of max|score|. Halves below the
//           normal ones may be read as 0.
// Twin      oracle::scores in src/ops/scores.rs.

struct Params {
    rows: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<vec4f>;
@group(0) @binding(2) var<storage, read> passages: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) thread: vec3u) {
    let row = thread.x;
    let query = thread.y;
    if row >= params.rows {
        return;
    }

    let eighths = params.width / 8u;
    let passage_at = row * eighths;
    let query_at = query * eighths * 2u;
    var sums = vec4f(0.0);
    for (var k = 0u; k < eighths; k++) {
        let pairs = passages[passage_at + k];
        let low = vec4f(unpack2x16float(pairs.x), unpack2x16float(pairs.y));
        let high = vec4f(unpack2x16float(pairs.z), unpack2x16float(pairs.w));
        sums += low * queries[query_at + 2u * k];
        sums += high * queries[query_at + 2u * k + 1u];
    }
    scores[query * params.rows + row] = (sums.x + sums.z) + (sums.y + sums.w);
}
