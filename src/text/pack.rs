//! Token sequences laid end to end without padding, and batches of them under a token budget.

/// Token ids of several texts, one after the other: no padding, so no mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedTokens {
    /// Token ids of all sequences, `[tokens]`.
    pub ids: Vec<u32>,
    /// Where each sequence starts, and the total at the end, `[sequences + 1]`; begins with 0.
    pub cu_seqlens: Vec<u32>,
}

impl PackedTokens {
    /// Packs token sequences in the order given.
    pub fn new<S: AsRef<[u32]>>(sequences: impl IntoIterator<Item = S>) -> Self {
        let mut packed = Self { ids: Vec::new(), cu_seqlens: vec![0] };
        for sequence in sequences {
            packed.ids.extend_from_slice(sequence.as_ref());
            packed.cu_seqlens.push(packed.ids.len() as u32);
        }
        packed
    }

    /// Number of tokens over all sequences.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        self.cu_seqlens.len() - 1
    }

    /// Start and end of each sequence in `ids`, in order.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.cu_seqlens.windows(2).map(|pair| pair[0] as usize..pair[1] as usize)
    }
}

/// Groups sequences, longest first, into batches of at most `token_budget` tokens.
///
/// Returns indices into `lengths`. A sequence longer than the budget gets a batch of its own.
pub fn batches_by_tokens(lengths: &[usize], token_budget: usize) -> Vec<Vec<usize>> {
    let mut by_length: Vec<usize> = (0..lengths.len()).collect();
    by_length.sort_by_key(|&i| std::cmp::Reverse(lengths[i]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for i in by_length {
        match batches.last_mut() {
            Some(batch) if lengths[i] <= room => batch.push(i),
            _ => {
                batches.push(vec![i]);
                room = token_budget;
            }
        }
        room = room.saturating_sub(lengths[i]);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_order_and_empty_sequences() {
        let packed = PackedTokens::new([vec![1, 2], vec![], vec![3]]);
        assert_eq!(packed.ids, [1, 2, 3]);
        assert_eq!(packed.cu_seqlens, [0, 2, 2, 3]);
        assert_eq!(packed.ranges().collect::<Vec<_>>(), [0..2, 2..2, 2..3]);
    }

    #[test]
    fn batches_stay_under_the_budget_and_lose_nothing() {
        let lengths = [5, 100, 7, 64, 64, 3, 30];
        let batches = batches_by_tokens(&lengths, 100);
        let mut seen: Vec<usize> = batches.concat();
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
        for batch in &batches {
            assert!(batch.iter().map(|&i| lengths[i]).sum::<usize>() <= 100);
        }
        assert_eq!(batches[0], [1]);
    }

    #[test]
    fn a_sequence_over_the_budget_stands_alone() {
        assert_eq!(batches_by_tokens(&[10, 300, 10], 128), [vec![1], vec![0, 2]]);
    }
}
