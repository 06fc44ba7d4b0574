// LayerNorm, gradient with respect to its input.
//
//   x̂  = (x − μ)·r                                  r = 1/√(σ² + ε), both formed again from x
//   g  = dy ⊙ γ
//   dx = r · (g − mean(g) − x̂ ⊙ mean(g ⊙ x̂))        means over the hidden axis
//
// Source    Ba, Kiros & Hinton 2016, section 3; derivation in docs/gradients.md, "LayerNorm".
// Shapes    x, dy, dx [rows, hidden]; gamma [hidden]; stats [rows, 2], μ and r for layer_norm_grad_scale.
//           f32, row-major.
// Grid      One workgroup per row, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  f32 tree sums; agrees with the oracle to 1e-5 of max|dx|.
// Twin      oracle::grad_input in src/ops/layer_norm_grad.rs.

struct Params {
    rows: u32,
    hidden: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2f>;

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
    let hidden = f32(params.hidden);

    var sum = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        sum += x[row_start + i];
    }
    let mean = lane_sum(lane, sum) / hidden;
    var squares = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        let centered = x[row_start + i] - mean;
        squares += centered * centered;
    }
    let rstd = 1.0 / sqrt(lane_sum(lane, squares) / hidden + params.eps);
    if lane == 0u {
        stats[row] = vec2f(mean, rstd);
    }

    var sums = vec2f(0.0); // Σ g, Σ g·x̂
    for (var i = lane; i < params.hidden; i += LANES) {
        let g = dy[row_start + i] * gamma[i];
        sums += vec2f(g, g * (x[row_start + i] - mean) * rstd);
    }
    let mean_g = lane_sum(lane, sums.x) / hidden;
    let mean_g_x_hat = lane_sum(lane, sums.y) / hidden;
    for (var i = lane; i < params.hidden; i += LANES) {
        let g = dy[row_start + i] * gamma[i];
        let x_hat = (x[row_start + i] - mean) * rstd;
        dx[row_start + i] = rstd * (g - mean_g - x_hat * mean_g_x_hat);
    }
}
