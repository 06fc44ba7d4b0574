// Part of the linear kernels: what happens to a finished sum before it is stored.
//
// Expects `params`, `bias`, `residual` and `y` of the kernel that it precedes.
//
//   gelu(x) = x Φ(x) = max(x, 0) − |x| Q(|x|),   Q(z) = ½ erfc(z/√2), the upper tail of the normal
//
// Source    Hendrycks & Gimpel 2016 (GELU); Abramowitz & Stegun 7.1.26 for erfc, absolute error 1.5e-7.
// Numerics  Written by the tail, so nothing cancels for negative x; absolute error below 1e-6.

fn gelu(x: vec4f) -> vec4f {
    let z = abs(x) * 0.70710678;
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return max(x, vec4f(0.0)) - abs(x) * 0.5 * series * exp(-z * z);
}

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
