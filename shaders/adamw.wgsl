// One AdamW step on one tensor, whose gradient begins anew; a clipping factor of 0 leaves the tensor as it is.
//
//   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²      g the gradient times the clipping factor
//   x ← (1 − λη) x − η · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//   gradient ← 0
//
// Source    Loshchilov & Hutter 2019, algorithm 2, in PyTorch's order.
// Shapes    gradient, x, m, v [values]; state [4] of clip_norm. f32.
// Grid      One lane per value, folded into two dimensions.
// Numerics  Agrees with the oracle to 1e-5 of max|x|.
// Twin      oracle::adamw in src/ops/adamw.rs.

struct Params {
    values: u32,
    learning_rate: f32,
    beta_1: f32,
    beta_2: f32,
    rest_1: f32, // 1 − β₁, rounded once
    rest_2: f32, // 1 − β₂
    correction_1: f32, // 1 − β₁ᵗ
    correction_2: f32, // 1 − β₂ᵗ
    eps: f32,
    weight_decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> m: array<f32>;
@group(0) @binding(5) var<storage, read_write> v: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_index(workgroup, grid) * LANES + lane;
    if i >= params.values {
        return;
    }
    let factor = state[1];
    let g = gradient[i] * factor;
    gradient[i] = 0.0;
    if factor == 0.0 {
        return;
    }
    let first = params.beta_1 * m[i] + params.rest_1 * g;
    let second = params.beta_2 * v[i] + params.rest_2 * g * g;
    m[i] = first;
    v[i] = second;
    let direction = first / params.correction_1 / (sqrt(second / params.correction_2) + params.eps);
    x[i] = x[i] * (1.0 - params.learning_rate * params.weight_decay) - params.learning_rate * direction;
}
