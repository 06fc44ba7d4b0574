// Part of the tiled kernels of the linear layer: the tile for few rows, of which a large one would leave units idle.

const TILE = 32u; // Rows and columns per workgroup: THREADS x 4 values.
const THREADS = 8u; // In each of two dimensions.
