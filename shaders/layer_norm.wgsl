// LayerNorm over the hidden axis.
//
//   y = (x − μ) / √(σ² + ε) ⊙ γ + β                 μ, σ² over the hidden axis of a row
//
// Source    Ba, Kiros & Hinton 2016, section 3.
// Shapes    x, y [rows, hidden]; gamma, beta [hidden]. f32, row-major.
// Grid      One workgroup per row, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  The mean is taken out before squaring; agrees with the oracle to 1e-5 of max|y|.
// Twin      oracle::layer_norm in src/ops/layer_norm.rs.

struct Params {
    rows: u32,
    hidden: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = flat_index(workgroup, grid);
    if row >= params.rows {
        return;
    }
    let row_start = row * params.hidden;

    var sum = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        sum += x[row_start + i];
    }
    let mean = lane_sum(lane, sum) / f32(params.hidden);

    var squares = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        let centered = x[row_start + i] - mean;
        squares += centered * centered;
    }
    let variance = lane_sum(lane, squares) / f32(params.hidden);

    let rstd = 1.0 / sqrt(variance + params.eps);
    for (var i = lane; i < params.hidden; i += LANES) {
        y[row_start + i] = (x[row_start + i] - mean) * rstd * gamma[i] + beta[i];
    }
}
