// LayerNorm, gradients with respect to its scale and shift, slice by slice.
//
//   partial_gamma[slice] = Σ_rows dy ⊙ x̂
//   partial_beta[slice]  = Σ_rows dy                over the rows of one slice; sum_slices adds the slices
//
// Source    Ba, Kiros & Hinton 2016, section 3; derivation in docs/gradients.md, "LayerNorm".
// Shapes    x, dy [rows, columns]; stats [rows, 2], μ and r of layer_norm_grad_input;
//           partial_gamma, partial_beta [slices, columns]. f32, row-major.
// Grid      x: one lane per column; y: slices.
// Numerics  f32 sums in the order of the rows; agrees with the oracle to 1e-5 of the largest gradient.
// Twin      oracle::grad_scale in src/ops/layer_norm_grad.rs.

struct Params {
    rows: u32,
    columns: u32,
    slice_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial_gamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial_beta: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(global_invocation_id) thread: vec3u) {
    let column = thread.x;
    if column >= params.columns {
        return;
    }
    let slice = workgroup.y;
    let end = min((slice + 1u) * params.slice_rows, params.rows);
    var sums = vec2f(0.0);
    for (var row = slice * params.slice_rows; row < end; row++) {
        let at = row * params.columns + column;
        let x_hat = (x[at] - stats[row].x) * stats[row].y;
        sums += vec2f(dy[at] * x_hat, dy[at]);
    }
    partial_gamma[slice * params.columns + column] = sums.x;
    partial_beta[slice * params.columns + column] = sums.y;
}
