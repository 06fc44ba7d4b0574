// Part of several kernels: GELU by erf, and its derivative.
//
//   gelu(x)  = x Φ(x) = max(x, 0) − |x| Q(|x|),   Q(z) = ½ erfc(z/√2), the upper tail of the normal
//   gelu'(x) = Φ(x) + x φ(x)
//
// Source    Hendrycks & Gimpel 2016 (GELU); Abramowitz & Stegun 7.1.26 for erfc, absolute error 1.5e-7.
// Numerics  Written by the tail, so nothing cancels for negative x; absolute error below 1e-6.

// Q(|x|) and exp(−x²/2), which both functions are made of.
fn normal_tail(x: vec4f) -> mat2x4f {
    let z = abs(x) * 0.70710678;
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let bell = exp(-z * z);
    return mat2x4f(0.5 * series * bell, bell);
}

fn gelu(x: vec4f) -> vec4f {
    return max(x, vec4f(0.0)) - abs(x) * normal_tail(x)[0];
}

fn gelu_derivative(x: vec4f) -> vec4f {
    let tail = normal_tail(x);
    let distribution = select(tail[0], 1.0 - tail[0], x >= vec4f(0.0));
    return distribution + x * tail[1] * 0.39894228;
}
