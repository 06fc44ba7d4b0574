//! BERT's embedding where its tables are trained: the sum before LayerNorm, and the gradient of a table.
//!
//! Kernels: `shaders/embed_sum.wgsl`, `shaders/embed_grad.wgsl`. Reference loops: [`oracle`], below. Ids and positions
//! must lie inside their tables; the caller, who has them on the host, checks that.

use super::embed_layer_norm::Tables;
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};
use std::collections::BTreeMap;

const SUM: Kernel<SumParams> = kernel!("embed_sum", "flat_grid");
const ROWS: Kernel<RowsParams> = kernel!("embed_grad", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[SUM.info(), ROWS.info()];

uniform! {
    /// Mirrors `struct Params` in `embed_sum`; `tests/shader_contracts.rs` compares the two.
    pub struct SumParams {
        /// Tokens.
        pub rows: u32,
        /// Width of the tables.
        pub hidden: u32,
    }
}

uniform! {
    /// Mirrors `struct Params` in `embed_grad`; `tests/shader_contracts.rs` compares the two.
    pub struct RowsParams {
        /// Rows of the table that are used.
        pub groups: u32,
        /// Width of the table.
        pub columns: u32,
    }
}

/// Sums token, position and type 0 of `tokens` `[rows, 2]`, pairs of (id, position); returns `[rows, hidden]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn sum(gpu: &Gpu, tokens: &GpuTensor, tables: &Tables) -> Result<GpuTensor, GpuError> {
    const OP: &str = "embed_grad::sum";
    let [rows, _] = tokens.expect_indices(OP, "tokens")?;
    let [_, hidden] = tables.words.expect_matrix(OP, "words")?;
    let [max_positions, _] = tables.positions.expect_matrix(OP, "positions")?;
    tables.positions.expect_shape(OP, "positions", &[max_positions, hidden])?;
    tables.types.expect_shape(OP, "types", &[2, hidden])?;
    let e = gpu.alloc(&[rows, hidden]);
    let bindings = [tokens, &tables.words, &tables.positions, &tables.types, &e];
    let grid = folded((rows * hidden).div_ceil(SUM.constant("LANES")));
    gpu.dispatch(&SUM, &SumParams { rows, hidden }, &bindings, grid);
    Ok(e)
}

/// Which tokens of a batch used which row of a table.
pub struct Uses {
    /// Row, first and end in `order`, `[groups, 3]`.
    groups: GpuTensor,
    /// Indices of tokens, `[tokens]`.
    order: GpuTensor,
}

impl Uses {
    /// Gathers them from the row that each token used.
    pub fn new(gpu: &Gpu, row_of_token: impl Iterator<Item = u32>) -> Self {
        let (groups, order) = gathered(row_of_token);
        Self {
            groups: gpu.upload_u32(&[groups.len() as u32, 3], groups.as_flattened()),
            order: gpu.upload_u32(&[order.len() as u32], &order),
        }
    }
}

/// (row, first, end) in ascending order of rows, and the tokens that the ranges point at.
fn gathered(row_of_token: impl Iterator<Item = u32>) -> (Vec<[u32; 3]>, Vec<u32>) {
    let mut tokens_of_row: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (token, row) in (0..).zip(row_of_token) {
        tokens_of_row.entry(row).or_default().push(token);
    }
    let (mut groups, mut order) = (Vec::with_capacity(tokens_of_row.len()), Vec::new());
    for (row, tokens) in tokens_of_row {
        let first = order.len() as u32;
        order.extend(tokens);
        groups.push([row, first, order.len() as u32]);
    }
    (groups, order)
}

/// Adds the gradient `g` `[tokens, columns]` of the tokens' rows to that of the table, `[table_rows, columns]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn rows(gpu: &Gpu, uses: &Uses, g: &GpuTensor, table: &GpuTensor) -> Result<(), GpuError> {
    const OP: &str = "embed_grad::rows";
    let ([tokens, columns], [table_rows, _]) = (g.expect_matrix(OP, "g")?, table.expect_matrix(OP, "table")?);
    table.expect_shape(OP, "table", &[table_rows, columns])?;
    let [used] = uses.order.expect_indices(OP, "order")?;
    if used != tokens {
        return Err(GpuError::Shape { op: OP, tensor: "order", expected: vec![tokens], found: vec![used] });
    }
    let [groups, _] = uses.groups.expect_indices(OP, "uses")?;
    let bindings = [&uses.groups, &uses.order, g, table];
    gpu.dispatch(&ROWS, &RowsParams { groups, columns }, &bindings, folded(groups));
    Ok(())
}

/// The same mathematics in plain loops: the definition the kernels are held to.
pub mod oracle {
    /// `tokens` are (id, position) pairs; the tables are row-major, `hidden` wide.
    pub fn sum(tokens: &[[u32; 2]], [words, positions, types]: [&[f32]; 3], hidden: usize) -> Vec<f32> {
        let mut sums = Vec::with_capacity(tokens.len() * hidden);
        for [id, position] in tokens.iter().map(|pair| pair.map(|index| index as usize)) {
            let word = &words[id * hidden..][..hidden];
            let position = &positions[position * hidden..][..hidden];
            sums.extend((0..hidden).map(|i| word[i] + position[i] + types[i]));
        }
        sums
    }

    /// Adds each row of `g` to the row of `table` that its token used; both have `columns`.
    pub fn rows(row_of_token: &[u32], g: &[f32], table: &mut [f32], columns: usize) {
        for (&row, g) in row_of_token.iter().zip(g.chunks_exact(columns)) {
            let row = &mut table[row as usize * columns..][..columns];
            row.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::gathered;

    #[test]
    fn every_token_is_under_its_row_once() {
        let (groups, order) = gathered([7, 2, 7, 0, 7].into_iter());
        assert_eq!(groups, [[0, 0, 1], [2, 1, 2], [7, 2, 5]]);
        assert_eq!(order, [3, 1, 0, 2, 4]);
        assert_eq!(gathered(std::iter::empty()), (vec![], vec![]));
    }
}
