// Linear layer, gradient with respect to its input, without workgroup memory: for adapters that compute on the CPU.
//
//   dx = (factor · g W) ⊙ gelu'(other)     or     factor · g W + other     or     factor · g W
//
// Source    docs/gradients.md, "Linear"; the derivative of GELU in shaders/parts/gelu.wgsl.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on;
//           weight [columns, depth]; other, dx [rows, depth]. f32, row-major; columns, depth, g_stride and
//           g_offset are multiples of 4.
// Grid      One workgroup per 32 x 32 tile of dx, its columns along x; a thread computes 4 x 4 values.
// Numerics  f32 sums in the order of columns; agrees with the oracle to 1e-5 of max|dx|.
// Twin      oracle::input in src/ops/linear_grad.rs.

struct Params {
    rows: u32,
    columns: u32,
    depth: u32,
    g_stride: u32,
    g_offset: u32,
    other: u32, // 0: not used; 1: added; 2: the argument of GELU
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> other: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;

const TILE = 32u; // Rows and columns of dx per workgroup: 8 threads x 4 values.
const THREADS = TILE / 4u;

@compute @workgroup_size(THREADS, THREADS)
fn main(@builtin(global_invocation_id) thread: vec3u) {
    let row = thread.y * 4u;
    let depth = params.depth / 4u;
    if row >= params.rows || thread.x >= depth {
        return;
    }

    // Past the edge the last row is read again; its sums are not stored.
    let g_row = (min(row + vec4u(0u, 1u, 2u, 3u), vec4u(params.rows - 1u)) * params.g_stride + params.g_offset) / 4u;

    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
    for (var k = 0u; k < params.columns / 4u; k++) {
        let at = k * 4u * depth + thread.x;
        // Matrix times column vector: four weight rows, each times one value of g.
        let w = mat4x4f(weight[at], weight[at + depth], weight[at + 2u * depth], weight[at + 3u * depth]);
        sums_0 += w * g[g_row.x + k];
        sums_1 += w * g[g_row.y + k];
        sums_2 += w * g[g_row.z + k];
        sums_3 += w * g[g_row.w + k];
    }

    store_grad(row, thread.x, sums_0);
    store_grad(row + 1u, thread.x, sums_1);
    store_grad(row + 2u, thread.x, sums_2);
    store_grad(row + 3u, thread.x, sums_3);
}
