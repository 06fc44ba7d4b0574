// The sum of squares of a tensor, in pieces: a part of the gradient's norm.
//
//   partial[first + piece] = Σ x²                   over the 4,096 values of one piece
//
// Source    docs/gradients.md, "Norm and clipping".
// Shapes    x [values]; partial [≥ first + pieces]. f32.
// Grid      One workgroup per piece, folded into two dimensions; its lanes stride the piece.
// Numerics  f32 tree sums; agrees with the oracle to 1e-5 of the largest piece.
// Twin      oracle::norm in src/ops/clip_norm.rs.

struct Params {
    values: u32,
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

const PIECE = 4096u; // Values a workgroup adds up.

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let piece = flat_index(workgroup, grid);
    let start = piece * PIECE;
    if start >= params.values {
        return;
    }
    var squares = 0.0;
    for (var i = start + lane; i < min(start + PIECE, params.values); i += LANES) {
        squares += x[i] * x[i];
    }
    let sum = lane_sum(lane, squares);
    if lane == 0u {
        partial[params.first + piece] = sum;
    }
}
