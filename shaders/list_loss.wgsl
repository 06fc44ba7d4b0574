// Losses over lists of texts, and their gradient with respect to the query's embedding.
//
//   s_j  = e · vector_j / γ,   p = softmax(s)        j over the candidates of one term
//   loss = Σ_j t_j (ln t_j − ln p_j)                 KL(t ‖ p); a one-hot t makes it the cross-entropy
//   de   = Σ_terms weight/γ · Σ_j (p_j − t_j) vector_j
//
// Source    Hinton et al. 2015, section 2; van den Oord et al. 2018, equation 4; docs/gradients.md, "Lists".
// Shapes    embeddings, de [queries, hidden]; vectors [texts, hidden]; starts [queries + 1], where each query's
//           terms begin; terms [terms, 2] of (first candidate, end of candidates); candidates [candidates, 2] of
//           (row of vectors, bits of the target t_j); weights, losses [terms]. f32 and u32, row-major.
//           A term has at most 1,024 candidates.
// Grid      One workgroup per query, folded into two dimensions; its lanes stride candidates and hidden axis.
// Numerics  The largest logit is taken out; agrees with the oracle to 1e-5 of max|de|.
// Twin      oracle::list_loss in src/ops/list_loss.rs.

struct Params {
    queries: u32,
    hidden: u32,
    gamma: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> embeddings: array<f32>;
@group(0) @binding(2) var<storage, read> vectors: array<f32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> terms: array<vec2u>;
@group(0) @binding(5) var<storage, read> candidates: array<vec2u>;
@group(0) @binding(6) var<storage, read> weights: array<f32>;
@group(0) @binding(7) var<storage, read_write> de: array<f32>;
@group(0) @binding(8) var<storage, read_write> losses: array<f32>;

const MAX_CANDIDATES = 1024u;

var<workgroup> logits: array<f32, MAX_CANDIDATES>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let query = flat_index(workgroup, grid);
    if query >= params.queries {
        return;
    }
    let row = query * params.hidden;
    for (var i = lane; i < params.hidden; i += LANES) {
        de[row + i] = 0.0;
    }
    let first_term = starts[query];
    let term_count = starts[query + 1u] - first_term;
    for (var term = first_term; term < first_term + term_count; term++) {
        let first = terms[term].x;
        let count = min(terms[term].y - first, MAX_CANDIDATES);

        for (var j = lane; j < count; j += LANES) {
            let at = candidates[first + j].x * params.hidden;
            var sum = 0.0;
            for (var i = 0u; i < params.hidden; i++) {
                sum += embeddings[row + i] * vectors[at + i];
            }
            logits[j] = sum / params.gamma;
        }
        workgroupBarrier();
        var largest = -3.4e38;
        for (var j = 0u; j < count; j++) {
            largest = max(largest, logits[j]);
        }
        var part = 0.0;
        for (var j = lane; j < count; j += LANES) {
            part += exp(logits[j] - largest);
        }
        let log_total = largest + log(lane_sum(lane, part));

        // A logit's gradient takes its place.
        var loss = 0.0;
        for (var j = lane; j < count; j += LANES) {
            let t = bitcast<f32>(candidates[first + j].y);
            let log_p = logits[j] - log_total;
            if t > 0.0 {
                loss += t * (log(t) - log_p);
            }
            logits[j] = exp(log_p) - t;
        }
        let term_loss = lane_sum(lane, loss);
        if lane == 0u {
            losses[term] = term_loss;
        }
        let factor = weights[term] / params.gamma;
        for (var i = lane; i < params.hidden; i += LANES) {
            var sum = 0.0;
            for (var j = 0u; j < count; j++) {
                sum += logits[j] * vectors[candidates[first + j].x * params.hidden + i];
            }
            de[row + i] += factor * sum;
        }
        workgroupBarrier(); // The next term's logits overwrite this one's.
    }
}
