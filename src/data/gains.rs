//! How scores of any scale become gains 0 to 3, by a rule that is this project's own.
//!
//! Whole numbers 0 to 3 throughout a file are gains as they are; any other scores are scaled over the file,
//! smallest to 0 and largest to 3, and rounded. Which scores a format allows is its reader's business.

/// The gain of the most useful candidate.
pub(super) const LARGEST_GAIN: u8 = 3;

/// How the scores of a file become gains.
#[derive(Debug, PartialEq)]
pub(super) enum Scale {
    /// They are gains.
    Gains,
    /// They are scaled from this range.
    Range { min: f64, max: f64 },
}

impl Scale {
    /// Finds the scale of all scores of a file, which are finite.
    pub(super) fn of(scores: impl Iterator<Item = f64> + Clone) -> Self {
        let largest = f64::from(LARGEST_GAIN);
        if scores.clone().all(|score| score.fract() == 0.0 && (0.0..=largest).contains(&score)) {
            return Self::Gains;
        }
        let min = scores.clone().fold(f64::INFINITY, f64::min);
        Self::Range { min, max: scores.fold(f64::NEG_INFINITY, f64::max) }
    }

    /// Gain 0 to 3 of a score. Where all scores of a file are equal none is preferred, and all gains are 0.
    pub(super) fn gain(&self, score: f64) -> u8 {
        match *self {
            Self::Gains => score as u8,
            // Halves: the difference of two large scores is beyond f64.
            Self::Range { min, max } if max > min => {
                let share = (score / 2.0 - min / 2.0) / (max / 2.0 - min / 2.0);
                (share * f64::from(LARGEST_GAIN)).round() as u8
            }
            Self::Range { .. } => 0,
        }
    }
}

/// Gain of a candidate whose line is an order alone, by its place from 0: 3, 2, 1, and 0 for the rest.
pub(super) fn gain_of_place(place: usize) -> u8 {
    LARGEST_GAIN.saturating_sub(u8::try_from(place).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gains(scores: &[f64]) -> Vec<u8> {
        let scale = Scale::of(scores.iter().copied());
        scores.iter().map(|&score| scale.gain(score)).collect()
    }

    #[test]
    fn whole_numbers_up_to_3_stay_and_all_else_is_scaled() {
        assert_eq!(gains(&[0.0, 3.0, 1.0]), [0, 3, 1]);
        // 0 -> 0, 1 -> 0.75, 2 -> 1.5, 4 -> 3.
        assert_eq!(gains(&[0.0, 1.0, 2.0, 4.0]), [0, 1, 2, 3]);
        assert_eq!(gains(&[0.5, 0.5]), [0, 0]);
    }

    #[test]
    fn negative_scores_are_scaled_from_the_smallest_to_the_largest() {
        // -9 -> 0, -5 -> 1.5, -1 -> 3: the largest need not be above 0.
        assert_eq!(gains(&[-9.0, -5.0, -1.0]), [0, 2, 3]);
        assert_eq!(gains(&[-1.0, 1.0, 3.0]), [0, 2, 3]);
        assert_eq!(gains(&[-1.7e308, 0.0, 1.7e308]), [0, 2, 3]);
    }

    #[test]
    fn an_order_is_3_2_1_and_0() {
        assert_eq!([0, 1, 2, 3, 1000].map(gain_of_place), [3, 2, 1, 0, 0]);
    }
}
