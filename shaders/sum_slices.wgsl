// Adds up the slices that a gradient was computed in, in their order, on top of what is there.
//
//   y ← y + factor · Σ_slice partial[slice]
//
// Source    docs/gradients.md, "Sums over rows".
// Shapes    partial [slices, values]; y [values]. f32.
// Grid      One lane per value, folded into two dimensions.
// Numerics  f32 sums in the order of the slices; agrees with the oracle to 1e-5 of max|y|.
// Twin      oracle::sum_rows in src/ops/sum_rows.rs: the slices are the rows.

struct Params {
    slices: u32,
    values: u32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

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
    var sum = 0.0;
    for (var slice = 0u; slice < params.slices; slice++) {
        sum += partial[slice * params.values + i];
    }
    y[i] += sum * params.factor;
}
