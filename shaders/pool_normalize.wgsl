// Mean over the first tokens of each sequence, then L2 normalisation.
//
//   m = (1/n) Σ_t x_t                               t over the sequence's first n tokens: all, or [CLS] alone
//   y = m / max(‖m‖₂, 1e-12)
//
// Source    Reimers & Gurevych 2019, section 3 (MEAN and CLS strategy); the bound is sentence-transformers'.
// Shapes    x [rows, hidden]; cu_seqlens [sequences + 1], rows of x; y [sequences, hidden].
//           f32 and u32, row-major. A sequence without tokens gives zeros.
// Grid      One workgroup per sequence, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  f32 sums in the order of the tokens; agrees with the oracle to 1e-5 of max|y|.
// Twin      oracle::pool_normalize in src/ops/pool_normalize.rs.

struct Params {
    sequences: u32,
    hidden: u32,
    most_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> cu_seqlens: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
    let end = start + min(cu_seqlens[sequence + 1u] - start, params.most_rows);
    let y_start = sequence * params.hidden;

    // The mean waits in y; each lane reads again only what it wrote itself.
    var squares = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        var sum = 0.0;
        for (var row = start; row < end; row++) {
            sum += x[row * params.hidden + i];
        }
        let mean = sum / f32(max(end - start, 1u));
        y[y_start + i] = mean;
        squares += mean * mean;
    }

    let norm = max(sqrt(lane_sum(lane, squares)), 1e-12);
    for (var i = lane; i < params.hidden; i += LANES) {
        y[y_start + i] /= norm;
    }
}
