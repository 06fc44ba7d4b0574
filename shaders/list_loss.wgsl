// Losses over lists of texts, and their gradient with respect to the query's embedding.
//
//   s_j  = e · v_j / γ,   p = softmax(s)             j over the candidates of one term
//   loss = Σ_j t_j (ln t_j − ln p_j)                 KL(t ‖ p); a one-hot t makes it the cross-entropy
//   de   = Σ_terms Σ_j c_j v_j,   c_j = weight/γ · (p_j − t_j)
//   A term that asks to stay has loss = Σ_j t_j (1 − γ s_j) and c_j = −weight t_j instead.
//
// Source    Hinton et al. 2015, section 2; van den Oord et al. 2018, equation 4; docs/gradients.md, "Lists".
// Shapes    embeddings, de [rows, hidden]; vectors [fixed, hidden]; starts [rows + 1], where each embedding's terms
//           begin; terms [terms, 2] of (first candidate, end of candidates); candidates [candidates, 2] of (row of
//           v_j, bits of the target t_j), the bits of c_j in its place afterwards; a row from `fixed` on is one of the
//           embeddings; weights [terms, 2] of (weight, 1 for a term that asks to stay); losses [terms]. f32 and u32,
//           row-major. A term has at most 1,024 candidates.
// Grid      One workgroup per embedding, folded into two dimensions; its lanes stride candidates and hidden axis.
// Numerics  The largest logit is taken out; agrees with the oracle to 1e-5 of max|de|.
// Twin      oracle::list_loss in src/ops/list_loss.rs.

struct Params {
    rows: u32,
    fixed: u32,
    hidden: u32,
    gamma: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> embeddings: array<f32>;
@group(0) @binding(2) var<storage, read> vectors: array<f32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> terms: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> candidates: array<vec2u>;
@group(0) @binding(6) var<storage, read> weights: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> de: array<f32>;
@group(0) @binding(8) var<storage, read_write> losses: array<f32>;

const MAX_CANDIDATES = 1024u;

var<workgroup> logits: array<f32, MAX_CANDIDATES>;

fn text(row: u32, i: u32) -> f32 {
    if row < params.fixed {
        return vectors[row * params.hidden + i];
    }
    return embeddings[(row - params.fixed) * params.hidden + i];
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(num_workgroups) grid: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let query = flat_index(workgroup, grid);
    if query >= params.rows {
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
            let candidate = candidates[first + j].x;
            var sum = 0.0;
            for (var i = 0u; i < params.hidden; i++) {
                sum += embeddings[row + i] * text(candidate, i);
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

        // A candidate's coefficient takes the place of its logit, and of its target.
        let weight = weights[term].x;
        let stays = weights[term].y == 1.0;
        var loss = 0.0;
        for (var j = lane; j < count; j += LANES) {
            let t = bitcast<f32>(candidates[first + j].y);
            if stays {
                loss += t * (1.0 - params.gamma * logits[j]);
                logits[j] = -weight * t;
            } else {
                let log_p = logits[j] - log_total;
                if t > 0.0 {
                    loss += t * (log(t) - log_p);
                }
                logits[j] = weight / params.gamma * (exp(log_p) - t);
            }
            candidates[first + j].y = bitcast<u32>(logits[j]);
        }
        let term_loss = lane_sum(lane, loss);
        if lane == 0u {
            losses[term] = term_loss;
        }
        for (var i = lane; i < params.hidden; i += LANES) {
            var sum = 0.0;
            for (var j = 0u; j < count; j++) {
                sum += logits[j] * text(candidates[first + j].x, i);
            }
            de[row + i] += sum;
        }
        workgroupBarrier(); // The next term's logits overwrite this one's.
    }
}
