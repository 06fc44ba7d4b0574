// Part of the kernels of the linear layer's input gradient: what happens to four finished sums.
//
// Expects `params`, `other` and `dx` of the kernel that it precedes, and the part `gelu` before it.

fn store_grad(row: u32, column: u32, sums: vec4f) {
    if row >= params.rows {
        return;
    }
    let at = row * (params.depth / 4u) + column;
    var values = sums * params.factor;
    if params.other == 1u {
        values += other[at];
    } else if params.other == 2u {
        values *= gelu_derivative(other[at]);
    }
    dx[at] = values;
}
