// Linear layer, gradient with respect to its input, staged through workgroup memory: for real GPUs.
//
//   dx = (factor · g W) ⊙ gelu'(other)     or     factor · g W + other     or     factor · g W
//
// Source    docs/gradients.md, "Linear"; the derivative of GELU in shaders/parts/gelu.wgsl.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on;
//           weight [columns, depth]; other, dx [rows, depth]. f32, row-major; columns, depth, g_stride and
//           g_offset are multiples of 4.
// Grid      One workgroup per tile of dx, its columns along x; the tile is a part, tile_32 or tile_64. A thread
//           computes 4 x 4 values, rows THREADS apart, columns side by side.
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

const STEP = 4u; // vec4s of g's columns staged at once.
const PITCH = 5u; // STEP and one more, so that neighbouring threads read different memory banks.

var<workgroup> g_tile: array<vec4f, TILE * PITCH>;
var<workgroup> w_tile: array<vec4f, 4u * STEP * THREADS>; // 16 rows of the weight, THREADS vec4 each

@compute @workgroup_size(THREADS, THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let first_row = workgroup.y * TILE;
    let first_column = workgroup.x * THREADS; // Of vec4s.
    let column = first_column + thread.x;
    let depth = params.depth / 4u;
    let columns = params.columns / 4u;

    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
    for (var first_k = 0u; first_k < columns; first_k += STEP) {
        // Past the edges something is staged again; its sums are not stored.
        for (var at = lane; at < TILE * STEP; at += THREADS * THREADS) {
            let g_row = (min(first_row + at / STEP, params.rows - 1u) * params.g_stride + params.g_offset) / 4u;
            let k = first_k + at % STEP;
            let from_g = g[g_row + min(k, columns - 1u)];
            g_tile[at / STEP * PITCH + at % STEP] = select(vec4f(0.0), from_g, k < columns);
        }
        for (var at = lane; at < 4u * STEP * THREADS; at += THREADS * THREADS) {
            let w_row = min(first_k * 4u + at / THREADS, params.columns - 1u);
            w_tile[at] = weight[w_row * depth + min(first_column + at % THREADS, depth - 1u)];
        }
        workgroupBarrier();

        for (var i = 0u; i < STEP; i++) {
            let w_at = i * 4u * THREADS + thread.x;
            let g_at = thread.y * PITCH + i;
            // Matrix times column vector: four weight rows, each times one value of g.
            let w = mat4x4f(
                w_tile[w_at],
                w_tile[w_at + THREADS],
                w_tile[w_at + 2u * THREADS],
                w_tile[w_at + 3u * THREADS],
            );
            sums_0 += w * g_tile[g_at];
            sums_1 += w * g_tile[g_at + THREADS * PITCH];
            sums_2 += w * g_tile[g_at + 2u * THREADS * PITCH];
            sums_3 += w * g_tile[g_at + 3u * THREADS * PITCH];
        }
        workgroupBarrier();
    }

    if column >= depth {
        return;
    }
    let row = first_row + thread.y;
    store_grad(row, column, sums_0);
    store_grad(row + THREADS, column, sums_1);
    store_grad(row + 2u * THREADS, column, sums_2);
    store_grad(row + 3u * THREADS, column, sums_3);
}
