// Linear layer, gradient with respect to its weight, staged through workgroup memory: for real GPUs.
//
//   partial[slice] = Σ_rows gᵀ x                    over the rows of one slice; sum_slices adds the slices
//
// Source    docs/gradients.md, "Linear". Slices instead of atomic sums: the order of addition is fixed.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on; x [rows, depth];
//           partial [slices, columns, depth]. f32, row-major; columns, depth, g_stride and g_offset are
//           multiples of 4.
// Grid      x, y: one workgroup per tile of dW, its depth along x; the tile is a part, tile_32 or tile_64; z: slices.
//           A thread computes 4 x 4 values.
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

const STEP = 16u; // Rows staged at once.

// THREADS vec4 of each row.
var<workgroup> g_tile: array<vec4f, STEP * THREADS>;
var<workgroup> x_tile: array<vec4f, STEP * THREADS>;

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

    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
    for (var first_row = slice * params.slice_rows; first_row < end; first_row += STEP) {
        // Past the edges the last column is staged again; its sums are not stored.
        for (var at = lane; at < STEP * THREADS; at += THREADS * THREADS) {
            let row = first_row + at / THREADS;
            let safe_row = min(row, end - 1u);
            let g_column = min(workgroup.y * THREADS + at % THREADS, columns - 1u);
            let x_column = min(workgroup.x * THREADS + at % THREADS, depth - 1u);
            let from_g = g[(safe_row * params.g_stride + params.g_offset) / 4u + g_column];
            g_tile[at] = select(vec4f(0.0), from_g, row < end);
            x_tile[at] = x[safe_row * depth + x_column];
        }
        workgroupBarrier();

        for (var i = 0u; i < STEP; i++) {
            let g_value = g_tile[i * THREADS + thread.y];
            let x_value = x_tile[i * THREADS + thread.x];
            sums_0 += g_value.x * x_value;
            sums_1 += g_value.y * x_value;
            sums_2 += g_value.z * x_value;
            sums_3 += g_value.w * x_value;
        }
        workgroupBarrier();
    }

    let row = workgroup.y * THREADS + thread.y;
    let column = workgroup.x * THREADS + thread.x;
    if row >= columns || column >= depth {
        return;
    }

    let at = (slice * params.columns + row * 4u) * depth + column;
    partial[at] = sums_0;
    partial[at + depth] = sums_1;
    partial[at + 2u * depth] = sums_2;
    partial[at + 3u * depth] = sums_3;
}
