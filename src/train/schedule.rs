//! What changes with the step: the share of preference data and the learning rate.

/// How the share of preference data moves from its first value to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// In proportion to the steps done.
    Linear,
    /// Half of the steps at the first value, the other half at the last.
    Step,
    /// As the student's success on guidance grows.
    Paced,
}

/// Share of guidance lessons won at which a paced curriculum begins, and that at which it ends.
const PACE: [f64; 2] = [0.5, 0.95];

/// The task curriculum alpha(t) = a0 + (a1 - a0) t / T, a step from a0 to a1, or a share that follows success.
///
/// That the share grows is the paper's (arXiv 2411.03957); the shapes and values are this project's choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// a0, 0 to 1.
    pub from: f64,
    /// a1, 0 to 1.
    pub to: f64,
    /// Shape.
    pub schedule: Schedule,
}

impl Share {
    /// Share of preference data at `step`, from 0, of `steps`; reaches `to` in the last step unless it is paced.
    ///
    /// `success` is the share of guidance lessons that the student has won of late; only a paced share follows it.
    pub fn at(&self, step: usize, steps: usize, success: f64) -> f64 {
        let progress = step as f64 / steps.saturating_sub(1).max(1) as f64;
        let progress = match self.schedule {
            Schedule::Linear => progress,
            Schedule::Step => f64::from(u8::from(progress >= 0.5)),
            Schedule::Paced => ((success - PACE[0]) / (PACE[1] - PACE[0])).clamp(0.0, 1.0),
        };
        self.from + (self.to - self.from) * progress
    }
}

/// Linear warm-up over the first tenth of the steps, then linear decay to zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRate {
    /// Highest rate.
    pub peak: f64,
}

impl LearningRate {
    /// Rate of `step`, from 0, of `steps`; never zero, so that every step learns.
    pub fn at(&self, step: usize, steps: usize) -> f64 {
        let warm_up = steps.div_ceil(10).max(1);
        if step < warm_up {
            return self.peak * (step + 1) as f64 / warm_up as f64;
        }
        self.peak * (steps - step) as f64 / (steps - warm_up).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_goes_from_one_end_to_the_other() {
        let share = Share { from: 0.1, to: 0.9, schedule: Schedule::Linear };
        assert!((share.at(0, 5, 0.0) - 0.1).abs() < 1e-12);
        assert!((share.at(2, 5, 0.0) - 0.5).abs() < 1e-12);
        assert!((share.at(4, 5, 0.0) - 0.9).abs() < 1e-12);
        assert!((share.at(0, 1, 0.0) - 0.1).abs() < 1e-12, "a single step takes the first value");
        let step = Share { schedule: Schedule::Step, ..share };
        assert!((step.at(1, 5, 0.0) - 0.1).abs() < 1e-12);
        assert!((step.at(2, 5, 0.0) - 0.9).abs() < 1e-12);
        let paced = Share { schedule: Schedule::Paced, ..share };
        assert!((paced.at(4, 5, 0.4) - 0.1).abs() < 1e-12, "no better than chance: no preferences yet");
        assert!((paced.at(0, 5, 0.725) - 0.5).abs() < 1e-12);
        assert!((paced.at(0, 5, 1.0) - 0.9).abs() < 1e-12);
    }

    #[test]
    fn the_rate_warms_up_and_decays_and_stays_positive() {
        let rate = LearningRate { peak: 1.0 };
        let rates: Vec<f64> = (0..20).map(|step| rate.at(step, 20)).collect();
        assert!((rates[0] - 0.5).abs() < 1e-12);
        assert!((rates[1] - 1.0).abs() < 1e-12);
        assert!((rates[2] - 1.0).abs() < 1e-12);
        assert!(rates[2..].windows(2).all(|pair| pair[1] < pair[0]));
        assert!(rates[19] > 0.0);
        assert!(rate.at(0, 1) > 0.0);
    }
}
