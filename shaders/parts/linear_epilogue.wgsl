// Part of the linear kernels: what happens to a finished sum before it is stored.
//
// Expects `params`, `bias`, `residual` and `y` of the kernel that it precedes, and the part `gelu` before it.

// Stores four sums of one row, at `column`, `column + step`, ...; those past the edge are dropped.
fn store_row(row: u32, column: u32, step: u32, sums: vec4f) {
    if row >= params.rows {
        return;
    }
    let columns = column + vec4u(0u, 1u, 2u, 3u) * step;
    let at = row * params.columns + columns;
    var values = sums;
    if params.add_bias != 0u {
        values += vec4f(bias[columns.x], bias[columns.y], bias[columns.z], bias[columns.w]);
    }
    if params.apply_gelu != 0u {
        values = gelu(values);
    }
    if params.add_residual != 0u {
        values += vec4f(residual[at.x], residual[at.y], residual[at.z], residual[at.w]);
    }
    let inside = columns < vec4u(params.columns);
    if inside.x { y[at.x] = values.x; }
    if inside.y { y[at.y] = values.y; }
    if inside.z { y[at.z] = values.z; }
    if inside.w { y[at.w] = values.w; }
}
