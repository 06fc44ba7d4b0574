// A weight with a low-rank update added to some of its rows.
//
//   merged[first_row + i] = weight[first_row + i] + factor · Σ_r b[i, r] a[r]
//
// Source    Hu et al. 2021, arXiv 2106.09685, section 4.1.
// Shapes    weight, merged [≥ first_row + rows, columns]; a [rank, columns]; b [rows, rank]. f32, row-major;
//           columns is a multiple of 4. Other rows of merged are left as they are.
// Grid      x: one lane per four columns; y: rows.
// Numerics  f32 sums in the order of the rank; agrees with the oracle to 1e-6 of max|merged|.
// Twin      oracle::lora_merge in src/ops/lora_merge.rs.

struct Params {
    columns: u32,
    rank: u32,
    first_row: u32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> merged: array<vec4f>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(global_invocation_id) thread: vec3u) {
    let columns = params.columns / 4u;
    let column = thread.x;
    if column >= columns {
        return;
    }
    let row = workgroup.y;
    var update = vec4f(0.0);
    for (var r = 0u; r < params.rank; r++) {
        update += b[row * params.rank + r] * a[r * columns + column];
    }
    let at = (params.first_row + row) * columns + column;
    merged[at] = weight[at] + params.factor * update;
}
