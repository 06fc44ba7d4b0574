// Linear layer, gradient with respect to its input, 8 x 8 values a thread: for real GPUs and many rows.
//
//   dx = (factor · g W) ⊙ gelu'(other)     or     factor · g W + other     or     factor · g W
//
// Source    docs/gradients.md, "Linear"; the derivative of GELU in shaders/parts/gelu.wgsl.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on;
//           weight [columns, depth]; other, dx [rows, depth]. f32, row-major; columns, depth, g_stride and
//           g_offset are multiples of 4.
// Grid      One workgroup per 64 x 64 tile of dx, its columns along x; a thread computes 8 x 8 values, rows 8 apart,
//           columns four side by side, twice.
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

const TILE = 64u; // Rows and columns of dx per workgroup: 8 threads x 8 values.
const THREADS = 8u;
const WIDTH = 16u; // vec4s in a row of the tile.
const STEP = 4u; // vec4s of g's columns staged at once.
const PITCH = 5u; // STEP and one more, so that neighbouring threads read different memory banks.
const HALF = 4u * THREADS; // Rows from a thread's first four to its other four.

var<workgroup> g_tile: array<vec4f, TILE * PITCH>;
var<workgroup> w_tile: array<vec4f, 4u * STEP * WIDTH>; // 16 rows of the weight

fn four_rows_of_g(at: u32) -> mat4x4f {
    let next = THREADS * PITCH;
    return mat4x4f(g_tile[at], g_tile[at + next], g_tile[at + 2u * next], g_tile[at + 3u * next]);
}

fn four_rows_of_w(at: u32) -> mat4x4f {
    return mat4x4f(w_tile[at], w_tile[at + WIDTH], w_tile[at + 2u * WIDTH], w_tile[at + 3u * WIDTH]);
}

// Column r: four weight rows, each times one value of row r of g.
fn products(w: mat4x4f, g: mat4x4f) -> mat4x4f {
    return mat4x4f(w * g[0], w * g[1], w * g[2], w * g[3]);
}

fn store_rows(row: u32, column: u32, sums: mat4x4f) {
    if column >= params.depth / 4u {
        return;
    }
    store_grad(row, column, sums[0]);
    store_grad(row + THREADS, column, sums[1]);
    store_grad(row + 2u * THREADS, column, sums[2]);
    store_grad(row + 3u * THREADS, column, sums[3]);
}

@compute @workgroup_size(THREADS, THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let first_row = workgroup.y * TILE;
    let first_column = workgroup.x * WIDTH; // Of vec4s.
    let depth = params.depth / 4u;
    let columns = params.columns / 4u;

    // By the rows' half and the columns' half.
    var sums_00 = mat4x4f();
    var sums_01 = mat4x4f();
    var sums_10 = mat4x4f();
    var sums_11 = mat4x4f();
    for (var first_k = 0u; first_k < columns; first_k += STEP) {
        // Past the edges something is staged again; its sums are not stored.
        for (var at = lane; at < TILE * STEP; at += THREADS * THREADS) {
            let g_row = (min(first_row + at / STEP, params.rows - 1u) * params.g_stride + params.g_offset) / 4u;
            let k = first_k + at % STEP;
            let from_g = g[g_row + min(k, columns - 1u)];
            g_tile[at / STEP * PITCH + at % STEP] = select(vec4f(0.0), from_g, k < columns);
        }
        for (var at = lane; at < 4u * STEP * WIDTH; at += THREADS * THREADS) {
            let w_row = min(first_k * 4u + at / WIDTH, params.columns - 1u);
            w_tile[at] = weight[w_row * depth + min(first_column + at % WIDTH, depth - 1u)];
        }
        workgroupBarrier();

        for (var i = 0u; i < STEP; i++) {
            let g_at = thread.y * PITCH + i;
            let w_at = i * 4u * WIDTH + thread.x;
            let g_0 = four_rows_of_g(g_at);
            let g_1 = four_rows_of_g(g_at + HALF * PITCH);
            let w_0 = four_rows_of_w(w_at);
            let w_1 = four_rows_of_w(w_at + THREADS);
            sums_00 += products(w_0, g_0);
            sums_01 += products(w_1, g_0);
            sums_10 += products(w_0, g_1);
            sums_11 += products(w_1, g_1);
        }
        workgroupBarrier();
    }

    let row = first_row + thread.y;
    let column = first_column + thread.x;
    store_rows(row, column, sums_00);
    store_rows(row, column + THREADS, sums_01);
    store_rows(row + HALF, column, sums_10);
    store_rows(row + HALF, column + THREADS, sums_11);
}
