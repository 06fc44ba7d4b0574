// Linear layer with a fused epilogue, staged through workgroup memory: for real GPUs.
//
//   y = f(x Wᵀ + bias) + residual      f is the identity or GELU; bias and residual may be absent
//
// Source    Vaswani et al. 2017, section 3.3; register tiling as in Volkov & Demmel 2008.
// Shapes    x [rows, depth]; weight [columns, depth]; bias [columns]; residual, y [rows, columns].
//           f32, row-major; depth is a multiple of 4.
// Grid      One workgroup per tile of y, columns along x; the tile is a part, tile_32 or tile_64. A thread computes
//           4 x 4 values, THREADS rows and columns apart, so that neighbouring threads store neighbouring values.
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

const STEP = 4u; // vec4s of depth staged at once.
const PITCH = 5u; // STEP and one more, so that neighbouring threads read different memory banks.

var<workgroup> x_tile: array<vec4f, TILE * PITCH>;
var<workgroup> w_tile: array<vec4f, TILE * PITCH>;

@compute @workgroup_size(THREADS, THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let first_row = workgroup.y * TILE;
    let first_column = workgroup.x * TILE;
    let depth = params.depth / 4u;

    var sums_0 = vec4f(0.0);
    var sums_1 = vec4f(0.0);
    var sums_2 = vec4f(0.0);
    var sums_3 = vec4f(0.0);
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
            let w_at = thread.x * PITCH + i;
            let x_at = thread.y * PITCH + i;
            let w = mat4x4f(
                w_tile[w_at],
                w_tile[w_at + THREADS * PITCH],
                w_tile[w_at + 2u * THREADS * PITCH],
                w_tile[w_at + 3u * THREADS * PITCH],
            );
            // Row vector times matrix: four dot products, one with each weight row.
            sums_0 += x_tile[x_at] * w;
            sums_1 += x_tile[x_at + THREADS * PITCH] * w;
            sums_2 += x_tile[x_at + 2u * THREADS * PITCH] * w;
            sums_3 += x_tile[x_at + 3u * THREADS * PITCH] * w;
        }
        workgroupBarrier();
    }

    let row = first_row + thread.y;
    let column = first_column + thread.x;
    store_row(row, column, THREADS, sums_0);
    store_row(row + THREADS, column, THREADS, sums_1);
    store_row(row + 2u * THREADS, column, THREADS, sums_2);
    store_row(row + 3u * THREADS, column, THREADS, sums_3);
}
