// Mean over the first tokens of each sequence and L2 normalisation, gradient with respect to the tokens.
//
//   dm   = (dy − y (y · dy)) / max(‖m‖₂, 1e-12)     m the mean of the sequence's first n rows, y = m / ‖m‖₂
//   dx_t = dm / n                                    0 for the rows after them
//
// Source    Reimers & Gurevych 2019, section 3; derivation in docs/gradients.md, "Pooling".
// Shapes    x, dx [rows, hidden]; cu_seqlens [sequences + 1], rows of x; y, dy [sequences, hidden].
//           f32 and u32, row-major.
// Grid      One workgroup per sequence, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  f32 sums in the order of the tokens; agrees with the oracle to 1e-5 of max|dx|.
// Twin      oracle::pool_normalize_grad in src/ops/pool_normalize.rs.

struct Params {
    sequences: u32,
    hidden: u32,
    most_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> cu_seqlens: array<u32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let sequence = flat_index(workgroup, grid);
    if sequence >= params.sequences {
        return;
    }
    let start = cu_seqlens[sequence];
    let last = cu_seqlens[sequence + 1u];
    let end = start + min(last - start, params.most_rows);
    let count = f32(max(end - start, 1u));
    let y_start = sequence * params.hidden;

    var squares = 0.0;
    var along = 0.0; // y · dy
    for (var i = lane; i < params.hidden; i += LANES) {
        var sum = 0.0;
        for (var row = start; row < end; row++) {
            sum += x[row * params.hidden + i];
        }
        let mean = sum / count;
        squares += mean * mean;
        along += y[y_start + i] * dy[y_start + i];
    }
    let norm = max(sqrt(lane_sum(lane, squares)), 1e-12);
    let y_dy = lane_sum(lane, along);
    for (var i = lane; i < params.hidden; i += LANES) {
        let value = (dy[y_start + i] - y[y_start + i] * y_dy) / norm / count;
        for (var row = start; row < last; row++) {
            dx[row * params.hidden + i] = select(0.0, value, row < end);
        }
    }
}
