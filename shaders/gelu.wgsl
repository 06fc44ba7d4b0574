// GELU by erf, value by value; for training, which keeps the argument too.
//
//   y = gelu(x)
//
// Source    Hendrycks & Gimpel 2016; the function is shaders/parts/gelu.wgsl.
// Shapes    x, y [rows, columns]; the number of values is a multiple of 4. f32.
// Grid      One lane for four values, folded into two dimensions.
// Numerics  Absolute error below 1e-6.
// Twin      oracle::gelu in src/ops/linear.rs.

struct Params {
    vectors: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_index(workgroup, grid) * LANES + lane;
    if i < params.vectors {
        y[i] = gelu(x[i]);
    }
}
