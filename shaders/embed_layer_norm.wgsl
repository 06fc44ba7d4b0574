// BERT's embedding: token + position + type 0, then LayerNorm.
//
//   e = words[id] + positions[position] + types[0]
//   y = (e − μ) / √(σ² + ε) ⊙ γ + β                 μ, σ² over the hidden axis of a row
//
// Source    Devlin et al. 2019, section 3 and figure 2; Ba, Kiros & Hinton 2016, section 3.
// Shapes    tokens [rows, 2] of (id, position); words [vocab, hidden]; positions [max_positions, hidden];
//           types [2, hidden]; gamma, beta [hidden]; y [rows, hidden]. u32 and f32, row-major.
// Grid      One workgroup per row, folded into two dimensions; its lanes stride the hidden axis.
// Numerics  The mean is taken out before squaring; agrees with the oracle to 1e-5 of max|y|.
// Twin      oracle::embed_layer_norm in src/ops/embed_layer_norm.rs.

struct Params {
    rows: u32,
    hidden: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec2u>;
@group(0) @binding(2) var<storage, read> words: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<f32>;
@group(0) @binding(4) var<storage, read> types: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
@group(0) @binding(6) var<storage, read> beta: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

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
    let word_start = tokens[row].x * params.hidden;
    let position_start = tokens[row].y * params.hidden;

    // The sum waits in y; each lane reads again only what it wrote itself.
    var sum = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        let e = words[word_start + i] + positions[position_start + i] + types[i];
        y[row_start + i] = e;
        sum += e;
    }
    let mean = lane_sum(lane, sum) / f32(params.hidden);

    var squares = 0.0;
    for (var i = lane; i < params.hidden; i += LANES) {
        let centered = y[row_start + i] - mean;
        squares += centered * centered;
    }
    let variance = lane_sum(lane, squares) / f32(params.hidden);

    let rstd = 1.0 / sqrt(variance + params.eps);
    for (var i = lane; i < params.hidden; i += LANES) {
        y[row_start + i] = (y[row_start + i] - mean) * rstd * gamma[i] + beta[i];
    }
}
