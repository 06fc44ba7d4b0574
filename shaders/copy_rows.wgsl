// Rows of one matrix copied into another.
//
//   y[y_start + r] = x[x_start + r]    for r below count
//
// Source    docs/gradients.md, "Rows".
// Shapes    x [x_rows, columns]; y [y_rows, columns]. f32, row-major.
// Grid      One lane per value, in workgroups folded into two dimensions.
// Numerics  Exact.
// Twin      oracle::copy_rows in src/ops/copy_rows.rs.

struct Params {
    x_start: u32,
    y_start: u32,
    count: u32,
    columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_index(workgroup, grid) * LANES + lane;
    if i >= params.count * params.columns {
        return;
    }
    y[params.y_start * params.columns + i] = x[params.x_start * params.columns + i];
}
