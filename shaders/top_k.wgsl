// The k best candidates of each tile of a row of scores, best first; equal scores by the smaller row.
//
//   top = first k of sort(candidates, by score descending, then row ascending)
//
// Source    Batcher 1968 (bitonic sort). The order is total, so the result is deterministic.
// Shapes    scores, rows [queries, candidates]; top_scores, top_rows [queries, tiles, k]. f32, u32.
//           Without rows_given, rows is not read and the candidate's own index is its row.
// Grid      x: one workgroup per tile of 2,048 candidates; y: queries.
// Numerics  Scores are copied, not computed. They must be finite. A tile of fewer than k candidates
//           is filled up with the least float and row 0xffffffff.
// Twin      oracle::top_k in src/ops/top_k.rs.

struct Params {
    candidates: u32,
    k: u32,
    rows_given: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read_write> top_scores: array<f32>;
@group(0) @binding(4) var<storage, read_write> top_rows: array<u32>;

const TILE = 2048u; // Power of two: the sort needs it. It fills the 16 KiB that every device has.
const LANES = 256u;
const LEAST = -3.4028234e38;

var<workgroup> tile_scores: array<f32, TILE>;
var<workgroup> tile_rows: array<u32, TILE>;

fn load_tile(query: u32, tile: u32, lane: u32) {
    for (var i = lane; i < TILE; i += LANES) {
        let candidate = tile * TILE + i;
        tile_scores[i] = LEAST;
        tile_rows[i] = 0xffffffffu;
        if candidate < params.candidates {
            let at = query * params.candidates + candidate;
            tile_scores[i] = scores[at];
            tile_rows[i] = candidate;
            if params.rows_given != 0u {
                tile_rows[i] = rows[at];
            }
        }
    }
    workgroupBarrier();
}

fn precedes(a: u32, b: u32) -> bool {
    let same_score = tile_scores[a] == tile_scores[b];
    return tile_scores[a] > tile_scores[b] || (same_score && tile_rows[a] < tile_rows[b]);
}

fn swap(a: u32, b: u32) {
    let score = tile_scores[a];
    let row = tile_rows[a];
    tile_scores[a] = tile_scores[b];
    tile_rows[a] = tile_rows[b];
    tile_scores[b] = score;
    tile_rows[b] = row;
}

// One layer of the sorting network: compares elements `stride` apart in runs of `run` that alternate
// between best first and best last.
fn compare_layer(run: u32, stride: u32, lane: u32) {
    for (var pair = lane; pair < TILE / 2u; pair += LANES) {
        let low = 2u * pair - (pair & (stride - 1u));
        let high = low + stride;
        let best_first = (low & run) == 0u;
        if precedes(high, low) == best_first {
            swap(low, high);
        }
    }
    workgroupBarrier();
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    load_tile(workgroup.y, workgroup.x, lane);
    for (var run = 2u; run <= TILE; run *= 2u) {
        for (var stride = run / 2u; stride > 0u; stride /= 2u) {
            compare_layer(run, stride, lane);
        }
    }

    let first = (workgroup.y * grid.x + workgroup.x) * params.k;
    for (var i = lane; i < params.k; i += LANES) {
        top_scores[first + i] = tile_scores[i];
        top_rows[first + i] = tile_rows[i];
    }
}
