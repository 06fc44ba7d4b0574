// Losses over lists of texts: their gradient with respect to the embeddings that are candidates.
//
//   de_r += Σ_uses c_j e_q            over the lists that hold embedding r as candidate j for the query q
//
// Source    docs/gradients.md, "Lists".
// Shapes    embeddings, de [rows, hidden]; candidates [candidates, 2] of (row, bits of c_j), as list_loss leaves them;
//           starts [rows + 1], where each embedding's uses begin; uses [uses, 2] of (candidate, row of the query).
//           f32 and u32, row-major.
// Grid      One workgroup per embedding, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  f32 sums in the order of the uses; agrees with the oracle to 1e-5 of max|de|.
// Twin      oracle::list_loss in src/ops/list_loss.rs.

struct Params {
    rows: u32,
    hidden: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> embeddings: array<f32>;
@group(0) @binding(2) var<storage, read> candidates: array<vec2u>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> uses: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> de: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = flat_index(workgroup, grid);
    if row >= params.rows {
        return;
    }
    for (var i = lane; i < params.hidden; i += LANES) {
        var sum = 0.0;
        for (var at = starts[row]; at < starts[row + 1u]; at++) {
            let coefficient = bitcast<f32>(candidates[uses[at].x].y);
            sum += coefficient * embeddings[uses[at].y * params.hidden + i];
        }
        de[row * params.hidden + i] += sum;
    }
}
