// Linear layer, gradient with respect to its weight, without workgroup memory: for adapters
// that compute on the CPU.
//
//   partial[slice] = Σ_rows gᵀ x                    over the rows of one slice; sum_slices adds the slices
//
// Source    docs/gradients.md, "Linear". Slices instead of atomic sums: the order of addition is fixed.
// Shapes    g [rows, columns] as columns of a matrix of rows g_stride long, from g_offset on; x [rows, depth];
//           partial [slices, columns, depth]. f32, row-major; columns, depth, g_stride and g_offset are
//           multiples of 4.
// Grid      x, y: one workgroup per 32 x 32 tile of dW, its depth along x; z: slices. A thread computes
//           4 x 4 values.
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

const TILE = 32u; // Rows and columns of dW per workgroup: 8 threads x 4 values.
const THREADS = TILE / 4u;

@compute @workgroup_size(THREADS, THREADS)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(workgroup_id) workgroup: vec3u) {
    let depth = params.depth / 4u;
    let slice = workgroup.z;
    if thread.y >= params.columns / 4u || thread.x >= depth {
        return;
    }
    let end = min((slice + 1u) * params.slice_rows, params.rows);

    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
    for (var row = slice * params.slice_rows; row < end; row++) {
        let from_g = g[(row * params.g_stride + params.g_offset) / 4u + thread.y];
        let from_x = x[row * depth + thread.x];
        sums_0 += from_g.x * from_x;
        sums_1 += from_g.y * from_x;
        sums_2 += from_g.z * from_x;
        sums_3 += from_g.w * from_x;
    }

    let at = (slice * params.columns + thread.y * 4u) * depth + thread.x;
    partial[at] = sums_0;
    partial[at + depth] = sums_1;
    partial[at + 2u * depth] = sums_2;
    partial[at + 3u * depth] = sums_3;
}
