// Part of several kernels: the sum of one value per lane, known to every lane of the workgroup.

const LANES = 64u; // Power of two: the tree below halves it.

var<workgroup> partial_sums: array<f32, LANES>;

fn lane_sum(lane: u32, value: f32) -> f32 {
    partial_sums[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            partial_sums[lane] += partial_sums[lane + half];
        }
        workgroupBarrier();
    }
    let total = partial_sums[0];
    workgroupBarrier(); // Nobody may begin the next sum while another lane still reads this one.
    return total;
}
