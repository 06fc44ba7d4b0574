// Embedding, gradient with respect to a table: each row is the sum over the tokens that used it.
//
//   table[row] += Σ g[t]                            over the tokens t of the row, in their order
//
// Source    docs/gradients.md, "Embedding".
// Shapes    uses [groups, 3] of (row, first, end), ranges of order [tokens], which holds indices of tokens; g [tokens,
//           columns]; table [table_rows, columns]. u32 and f32, row-major.
// Grid      One workgroup per row that is used, folded into two dimensions; its lanes stride the columns.
// Numerics  A plain f32 sum, no atomics: the same bits every time; agrees with the oracle to 1e-5 of max|table|.
// Twin      oracle::rows in src/ops/embed_grad.rs.

struct Params {
    groups: u32,
    columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> uses: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> table: array<f32>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = flat_index(workgroup, grid);
    if group >= params.groups {
        return;
    }
    let row_start = uses[3u * group] * params.columns;
    let first = uses[3u * group + 1u];
    let end = uses[3u * group + 2u];
    for (var column = lane; column < params.columns; column += LANES) {
        var sum = 0.0;
        for (var i = first; i < end; i += 1u) {
            sum += g[order[i] * params.columns + column];
        }
        table[row_start + column] += sum;
    }
}
