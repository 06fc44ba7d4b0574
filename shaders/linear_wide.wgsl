// Linear layer with a fused epilogue, with 8 x 8 values a thread: for real GPUs and many rows.
//
//   y = f(x Wᵀ + bias) + residual      f is the identity or GELU; bias and residual may be absent
//
// Source    Vaswani et al. 2017, section 3.3; register tiling as in Volkov & Demmel 2008.
// Shapes    x [rows, depth]; weight [columns, depth]; bias [columns]; residual, y [rows, columns].
//           f32, row-major; depth is a multiple of 4.
// Grid      One workgroup per 64 x 64 tile of y, columns along x; a thread computes 8 x 8 values, 8 rows and columns
//           apart: half as many reads of workgroup memory for each product as with 4 x 4.
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

const TILE = 64u; // Rows and columns of y per workgroup: 8 threads x 8 values.
const THREADS = 8u;
const STEP = 4u; // vec4s of depth staged at once.
const PITCH = 5u; // STEP and one more, so that neighbouring threads read different memory banks.
const HALF = 4u * THREADS; // Rows from a thread's first four to its other four.

var<workgroup> x_tile: array<vec4f, TILE * PITCH>;
var<workgroup> w_tile: array<vec4f, TILE * PITCH>;

fn four_rows_of_x(at: u32) -> mat4x4f {
    let next = THREADS * PITCH;
    return mat4x4f(x_tile[at], x_tile[at + next], x_tile[at + 2u * next], x_tile[at + 3u * next]);
}

fn four_rows_of_w(at: u32) -> mat4x4f {
    let next = THREADS * PITCH;
    return mat4x4f(w_tile[at], w_tile[at + next], w_tile[at + 2u * next], w_tile[at + 3u * next]);
}

// Column r: four dot products of row r of x, one with each weight row.
fn products(x: mat4x4f, w: mat4x4f) -> mat4x4f {
    return mat4x4f(x[0] * w, x[1] * w, x[2] * w, x[3] * w);
}

fn store_rows(row: u32, column: u32, sums: mat4x4f) {
    store_row(row, column, THREADS, sums[0]);
    store_row(row + THREADS, column, THREADS, sums[1]);
    store_row(row + 2u * THREADS, column, THREADS, sums[2]);
    store_row(row + 3u * THREADS, column, THREADS, sums[3]);
}

@compute @workgroup_size(THREADS, THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let first_row = workgroup.y * TILE;
    let first_column = workgroup.x * TILE;
    let depth = params.depth / 4u;

    // By the rows' half and the columns' half.
    var sums_00 = mat4x4f();
    var sums_01 = mat4x4f();
    var sums_10 = mat4x4f();
    var sums_11 = mat4x4f();
    for (var first_k = 0u; first_k < depth; first_k += STEP) {
        // Past the edge the last row is staged again; its sums are not stored.
        for (var at = lane; at < TILE * STEP; at += THREADS * THREADS) {
            let x_row = min(first_row + at / STEP, params.rows - 1u) * depth;
            let w_row = min(first_column + at / STEP, params.columns - 1u) * depth;
            let k = min(first_k + at % STEP, depth - 1u);
            let is_inside = first_k + at % STEP < depth;
            let staged_at = at / STEP * PITCH + at % STEP;
            x_tile[staged_at] = select(vec4f(0.0), x[x_row + k], is_inside);
            w_tile[staged_at] = select(vec4f(0.0), weight[w_row + k], is_inside);
        }
        workgroupBarrier();

        for (var i = 0u; i < STEP; i++) {
            let x_at = thread.y * PITCH + i;
            let w_at = thread.x * PITCH + i;
            let x_0 = four_rows_of_x(x_at);
            let x_1 = four_rows_of_x(x_at + HALF * PITCH);
            let w_0 = four_rows_of_w(w_at);
            let w_1 = four_rows_of_w(w_at + HALF * PITCH);
            sums_00 += products(x_0, w_0);
            sums_01 += products(x_0, w_1);
            sums_10 += products(x_1, w_0);
            sums_11 += products(x_1, w_1);
        }
        workgroupBarrier();
    }

    let row = first_row + thread.y;
    let column = first_column + thread.x;
    store_rows(row, column, sums_00);
    store_rows(row, column + HALF, sums_01);
    store_rows(row + HALF, column, sums_10);
    store_rows(row + HALF, column + HALF, sums_11);
}
