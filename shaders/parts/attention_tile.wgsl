// Part of the attention kernels: a head is kept as two halves of four vec4 each, a row of a tile a lane.
//
// Expects `qkv` of the kernel that it precedes.

const QUERIES = 32u; // Rows per workgroup.
const HEAD_DIM = 32u;
const HEAD_VECS = HEAD_DIM / 4u;

// Half a head, four vec4: whole matrices are added and scaled, columns are dotted.
fn load_half(at: u32) -> mat4x4f {
    return mat4x4f(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
}

fn dot_half(a: mat4x4f, b: mat4x4f) -> f32 {
    return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3]);
}
