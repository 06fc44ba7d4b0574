// Linear layer, gradient with respect to its weight, 8 x 8 values a thread: for real GPUs.
//
//   partial[slice] = Σ_rows gᵀ x                    over the rows of one slice; sum_slices adds the slices
//
// Source    docs/gradients.md, "Linear". Slices instead of atomic sums: the order of addition is fixed.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on; x [rows, depth];
//           partial [slices, columns, depth]. f32, row-major; columns, depth, g_stride and g_offset are
//           multiples of 4.
// Grid      x, y: one workgroup per 64 x 64 tile of dW, its depth along x; z: slices. A thread computes 8 x 8 values.
// Numerics  f32 sums in the order of the rows; agrees with the oracle to 1e-5 of max|dW|.
// Twin      oracle::weight in src/ops/linear_grad.rs.

struct Params {
    rows: u32,
    columns: u32,
    depth: u32,
    g_stride: u32,
    g_offset: u32,
    slice_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;

const TILE = 64u; // Rows and columns of dW per workgroup: 8 threads x 8 values.
const THREADS = 8u;
const WIDTH = 16u; // vec4s in a row of either operand's tile.
const STEP = 16u; // Rows staged at once.

var<workgroup> g_tile: array<vec4f, STEP * WIDTH>;
var<workgroup> x_tile: array<vec4f, STEP * WIDTH>;

// Column r: value r of g times four values of x.
fn products(g: vec4f, x: vec4f) -> mat4x4f {
    return mat4x4f(g.x * x, g.y * x, g.z * x, g.w * x);
}

fn store_rows(row: u32, column: u32, slice: u32, sums: mat4x4f) {
    let depth = params.depth / 4u;
    if row >= params.columns / 4u || column >= depth {
        return;
    }
    let at = (slice * params.columns + row * 4u) * depth + column;
    partial[at] = sums[0];
    partial[at + depth] = sums[1];
    partial[at + 2u * depth] = sums[2];
    partial[at + 3u * depth] = sums[3];
}

@compute @workgroup_size(THREADS, THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let depth = params.depth / 4u;
    let columns = params.columns / 4u;
    let slice = workgroup.z;
    let end = min((slice + 1u) * params.slice_rows, params.rows);

    // By the half of dW's rows and of its columns.
    var sums_00 = mat4x4f();
    var sums_01 = mat4x4f();
    var sums_10 = mat4x4f();
    var sums_11 = mat4x4f();
    for (var first_row = slice * params.slice_rows; first_row < end; first_row += STEP) {
        // Past the edges the last column is staged again; its sums are not stored.
        for (var at = lane; at < STEP * WIDTH; at += THREADS * THREADS) {
            let row = first_row + at / WIDTH;
            let safe_row = min(row, end - 1u);
            let g_column = min(workgroup.y * WIDTH + at % WIDTH, columns - 1u);
            let x_column = min(workgroup.x * WIDTH + at % WIDTH, depth - 1u);
            let from_g = g[(safe_row * params.g_stride + params.g_offset) / 4u + g_column];
            g_tile[at] = select(vec4f(0.0), from_g, row < end);
            x_tile[at] = x[safe_row * depth + x_column];
        }
        workgroupBarrier();

        for (var i = 0u; i < STEP; i++) {
            let g_at = i * WIDTH + thread.y;
            let x_at = i * WIDTH + thread.x;
            sums_00 += products(g_tile[g_at], x_tile[x_at]);
            sums_01 += products(g_tile[g_at], x_tile[x_at + THREADS]);
            sums_10 += products(g_tile[g_at + THREADS], x_tile[x_at]);
            sums_11 += products(g_tile[g_at + THREADS], x_tile[x_at + THREADS]);
        }
        workgroupBarrier();
    }

    let row = workgroup.y * WIDTH + thread.y;
    let column = workgroup.x * WIDTH + thread.x;
    store_rows(row, column, slice, sums_00);
    store_rows(row, column + THREADS, slice, sums_01);
    store_rows(row + THREADS, column, slice, sums_10);
    store_rows(row + THREADS, column + THREADS, slice, sums_11);
}
