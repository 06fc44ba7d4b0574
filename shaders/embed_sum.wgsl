// BERT's embedding before its LayerNorm: token + position + type 0.
//
//   e = words[id] + positions[position] + types[0]
//
// Source    Devlin et al. 2019, figure 2; docs/gradients.md, "Embedding".
// Shapes    tokens [rows, 2] of (id, position); words [vocab, hidden]; positions [max_positions, hidden];
//           types [2, hidden]; e [rows, hidden]. u32 and f32, row-major.
// Grid      One lane per value, in workgroups folded into two dimensions.
// Numerics  Two additions in f32; agrees with the oracle to 1e-6 of max|e|.
// Twin      oracle::sum in src/ops/embed_grad.rs.

struct Params {
    rows: u32,
    hidden: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec2u>;
@group(0) @binding(2) var<storage, read> words: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<f32>;
@group(0) @binding(4) var<storage, read> types: array<f32>;
@group(0) @binding(5) var<storage, read_write> e: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_index(workgroup, grid) * LANES + lane;
    if i >= params.rows * params.hidden {
        return;
    }
    let token = tokens[i / params.hidden];
    let column = i % params.hidden;
    e[i] = words[token.x * params.hidden + column] + positions[token.y * params.hidden + column] + types[column];
}
