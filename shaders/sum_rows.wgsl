// The sum of the rows of a matrix, slice by slice: the gradient of a bias.
//
//   partial[slice] = Σ_rows x                       over the rows of one slice; sum_slices adds the slices
//
// Source    docs/gradients.md, "Sums over rows".
// Shapes    x [rows, columns]; partial [slices, columns]. f32, row-major.
// Grid      x: one lane per column; y: slices.
// Numerics  f32 sums in the order of the rows; agrees with the oracle to 1e-5 of the largest sum.
// Twin      oracle::sum_rows in src/ops/sum_rows.rs.

struct Params {
    rows: u32,
    columns: u32,
    slice_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(global_invocation_id) thread: vec3u) {
    let column = thread.x;
    if column >= params.columns {
        return;
    }
    let slice = workgroup.y;
    let end = min((slice + 1u) * params.slice_rows, params.rows);
    var sum = 0.0;
    for (var row = slice * params.slice_rows; row < end; row++) {
        sum += x[row * params.columns + column];
    }
    partial[slice * params.columns + column] = sum;
}
