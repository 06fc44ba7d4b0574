// The norm of the whole gradient, and the factor that AdamW applies to it.
//
//   norm = √Σ partial,   factor = min(1, limit / norm)
//
// From the first step on whose norm is not finite the factor is 0: the weights stay the last good ones.
//
// Source    Pascanu, Mikolov & Bengio 2013, section 3.2; docs/gradients.md, "Norm and clipping".
// Shapes    partial [pieces]; state [4]: norm, factor, step, and the first step that went wrong (0 while there
//           is none). f32.
// Grid      One workgroup.
// Numerics  f32 tree sums; the norm agrees with the oracle to 1e-5.
// Twin      oracle::norm in src/ops/clip_norm.rs.

struct Params {
    pieces: u32,
    step: f32,
    limit: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

// By its bits: a compiler may assume that no float is infinite or NaN.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
    var squares = 0.0;
    for (var i = lane; i < params.pieces; i += LANES) {
        squares += partial[i];
    }
    let total = lane_sum(lane, squares);
    if lane != 0u {
        return;
    }
    let norm = sqrt(total);
    if !is_finite(total) && state[3] == 0.0 {
        state[3] = params.step;
    }
    state[0] = norm;
    state[1] = select(0.0, min(1.0, params.limit / max(norm, 1e-30)), state[3] == 0.0);
    state[2] = params.step;
}
