//! Losses over one query's logits, with their gradients; f64, because they are tiny and decide everything.
//!
//! A logit is a cosine over the temperature gamma; the chain back to the embedding is the trainer's.

/// A loss and its gradient with respect to the logits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Loss {
    /// The loss, 0 or more.
    pub(super) value: f64,
    /// d loss / d logit, one for each logit; sums to 0.
    pub(super) logits_grad: Vec<f64>,
}

/// softmax(x), stable for any finite x.
pub(super) fn softmax(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exps: Vec<f64> = x.iter().map(|x| (x - largest).exp()).collect();
    let total: f64 = exps.iter().sum();
    exps.iter().map(|e| e / total).collect()
}

/// Cross-entropy of the first logit against all: the contrastive and the guidance loss.
///
/// -log softmax(logits)₀; InfoNCE of van den Oord et al. 2018, arXiv 1807.03748, equation 4.
pub(super) fn first_against_all(logits: &[f64]) -> Loss {
    let mut p = softmax(logits);
    let value = -p.first().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE).ln();
    if let Some(first) = p.first_mut() {
        *first -= 1.0;
    }
    Loss { value, logits_grad: p }
}

/// KL(target ‖ softmax(logits)): the preference loss over a closed list.
///
/// `target` is a distribution; its gradient is softmax(logits) - target (Hinton et al. 2015, section 2).
pub(super) fn kl_divergence(target: &[f64], logits: &[f64]) -> Loss {
    let p = softmax(logits);
    let terms = target.iter().zip(&p).filter(|(t, _)| **t > 0.0);
    let value = terms.map(|(t, p)| t * (t / p.max(f64::MIN_POSITIVE)).ln()).sum();
    Loss { value, logits_grad: p.iter().zip(target).map(|(p, t)| p - t).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences in f64 agree with the analytic gradient.
    fn check(loss: impl Fn(&[f64]) -> Loss, logits: &[f64]) {
        let found = loss(logits).logits_grad;
        for i in 0..logits.len() {
            let shifted = |h: f64| {
                let mut x = logits.to_vec();
                x[i] += h;
                loss(&x).value
            };
            let expected = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            assert!((found[i] - expected).abs() < 1e-8, "logit {i}: {} against {expected}", found[i]);
        }
    }

    #[test]
    fn gradients_equal_finite_differences() {
        let logits = [1.5, -0.3, 4.0, 0.0];
        check(first_against_all, &logits);
        check(|x| kl_divergence(&[0.7, 0.0, 0.2, 0.1], x), &logits);
    }

    #[test]
    fn values_by_hand() {
        // Two equal logits: probability one half.
        assert!((first_against_all(&[2.0, 2.0]).value - 2.0_f64.ln()).abs() < 1e-12);
        assert!(kl_divergence(&[0.5, 0.5], &[3.0, 3.0]).value.abs() < 1e-12);
        // KL((1, 0) ‖ (½, ½)) = ln 2.
        assert!((kl_divergence(&[1.0, 0.0], &[0.0, 0.0]).value - 2.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn huge_logits_stay_finite() {
        let loss = first_against_all(&[-1e4, 1e4]);
        assert!(loss.value.is_finite() && loss.logits_grad.iter().all(|g| g.is_finite()));
    }
}
