// Part of several kernels: the index of a workgroup in a grid that was folded into two dimensions,
// because one dimension holds at most 65,535 workgroups. The caller guards against the surplus.

fn flat_index(workgroup: vec3u, grid: vec3u) -> u32 {
    return workgroup.x + workgroup.y * grid.x;
}
