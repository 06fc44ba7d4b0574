// Linear layer with a fused epilogue, without workgroup memory: for adapters that compute on the CPU.
//
//   y = f(x Wᵀ + bias) + residual      f is the identity or GELU; bias and residual may be absent
//
// Source    Vaswani et al. 2017, section 3.3; epilogue in shaders/parts/linear_epilogue.wgsl.
// Shapes    x [rows, depth]; weight [columns, depth]; bias [columns]; residual, y [rows, columns].
//           f32, row-major; depth is a multiple of 4.
// Grid      One workgroup per 32 x 32 tile of y, columns along x; a thread computes 4 x 4 values.
// Numerics  f32 sums in the order of depth; agrees with the oracle to 1e-5 of max|y|.
// Twin      oracle::linear in src/ops/linear.rs.

struct Params {
    rows: u32,
    columns: u32,
    depth: u32,
    add_bias: u32,
    apply_gelu: u32,
    add_residual: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const TILE = 32u; // Rows and columns of y per workgroup: 8 threads x 4 values.
const THREADS = TILE / 4u;

@compute @workgroup_size(THREADS, THREADS)
fn main(@builtin(global_invocation_id) thread: vec3u) {
    let row = thread.y * 4u;
    let column = thread.x * 4u;
    if row >= params.rows || column >= params.columns {
        return;
    }

    // Past the edge the last row or column is read again; its sums are not stored.
    let depth = params.depth / 4u;
    let x_row = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(params.rows - 1u)) * depth;
    let w_row = min(column + vec4u(0u, 1u, 2u, 3u), vec4u(params.columns - 1u)) * depth;

    // Row vector times matrix: four dot products, one with each weight row.
    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
    for (var k = 0u; k < depth; k++) {
        let w = mat4x4f(weight[w_row.x + k], weight[w_row.y + k], weight[w_row.z + k], weight[w_row.w + k]);
        sums_0 += x[x_row.x + k] * w;
        sums_1 += x[x_row.y + k] * w;
        sums_2 += x[x_row.z + k] * w;
        sums_3 += x[x_row.w + k] * w;
    }

    store_row(row, column, 1u, sums_0);
    store_row(row + 1u, column, 1u, sums_1);
    store_row(row + 2u, column, 1u, sums_2);
    store_row(row + 3u, column, 1u, sums_3);
}
