// Part of the tiled kernels of the linear layer: the tile for many rows.

const TILE = 64u; // Rows and columns per workgroup: THREADS x 4 values.
const THREADS = 16u; // In each of two dimensions.
