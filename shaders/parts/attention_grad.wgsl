// Part of the attention gradients: half heads of the output's gradient, and where gradients go.
//
// Expects `dout` and `dqkv` of the kernel that it precedes.

fn load_half_dout(at: u32) -> mat4x4f {
    return mat4x4f(dout[at], dout[at + 1u], dout[at + 2u], dout[at + 3u]);
}

fn store_half(at: u32, half_head: mat4x4f) {
    dqkv[at] = half_head[0];
    dqkv[at + 1u] = half_head[1];
    dqkv[at + 2u] = half_head[2];
    dqkv[at + 3u] = half_head[3];
}
