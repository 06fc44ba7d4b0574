//! Which of several kernels computes a matrix product: the one that was measured to be the fastest for its size.
//!
//! All of them add in the same order, so the choice changes how long a product takes, not what it is. How the choice is
//! measured is in [`super::tiling_measure`].

use crate::gpu::{Gpu, Kernel, Uniform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A kernel of the linear layer, forward or backward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// Without workgroup memory: for adapters that compute on the CPU.
    Direct,
    /// Tiles of 32 x 32 staged through workgroup memory: for few rows.
    Small,
    /// Tiles of 64 x 64, 4 x 4 values a thread.
    Tiled,
    /// Tiles of 64 x 64, 8 x 8 values a thread: for many rows.
    Wide,
}

/// What is multiplied with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// `y = x Wᵀ`.
    Forward,
    /// `dx = g W`.
    InputGrad,
    /// `dW = gᵀ x`.
    WeightGrad,
}

/// The kernels of a product with their tiles: rows and columns of the result that a workgroup computes.
pub(super) struct Variants<P: 'static>([(&'static Kernel<P>, u32); 4]);

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Small, Self::Tiled, Self::Wide];
}

impl<P: Uniform> Variants<P> {
    /// In the order of [`Variant::ALL`].
    pub(super) const fn new([direct, small, tiled, wide]: [&'static Kernel<P>; 4]) -> Self {
        Self([
            (direct, direct.constant("TILE")),
            (small, small.constant("TILE")),
            (tiled, tiled.constant("TILE")),
            (wide, wide.constant("TILE")),
        ])
    }

    /// The kernel and its tile.
    pub(super) const fn get(&self, variant: Variant) -> (&'static Kernel<P>, u32) {
        let Self([direct, small, tiled, wide]) = self;
        match variant {
            Variant::Direct => *direct,
            Variant::Small => *small,
            Variant::Tiled => *tiled,
            Variant::Wide => *wide,
        }
    }
}

/// Rows of a step with a few queries, of a usual step, and of indexing; a product is taken to be like the next larger.
pub(super) const ROWS: [u32; 3] = [32, 384, 2048];

/// A product of a size: rows as in [`ROWS`], rows and columns of the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) product: Product,
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) depth: u32,
}

/// The fastest kernels of a device, as far as they were measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tilings {
    /// Of which adapter and of which kernels; what was measured of others is not used.
    pub(super) of: String,
    #[serde(with = "pairs")]
    pub(super) fastest: BTreeMap<Case, Variant>,
}

impl Tilings {
    /// How many products of a size were measured.
    pub fn count(&self) -> usize {
        self.fastest.len()
    }

    /// Has the ops take these kernels on this device.
    pub fn install(&self, gpu: &Gpu) {
        self.fastest.iter().for_each(|(case, &variant)| gpu.note(case.key(), variant as u32));
    }
}

impl Case {
    /// What a product of so many `rows` with a weight of `[columns, depth]` is taken to be like.
    fn like(product: Product, [rows, columns, depth]: [u32; 3]) -> Self {
        let [few, usual, many] = ROWS;
        let rows = if rows <= few {
            few
        } else if rows <= usual {
            usual
        } else {
            many
        };
        Self { product, rows, columns, depth }
    }

    fn key(self) -> [u32; 4] {
        [self.product as u32, self.rows, self.columns, self.depth]
    }
}

/// For sizes that were not measured: large tiles where there are enough of them to keep a GPU busy.
fn guess(product: Product, [rows, columns, depth]: [u32; 3]) -> Variant {
    const ENOUGH_TILES: u32 = 96;
    let [height, width] = match product {
        Product::Forward => [rows, columns],
        Product::InputGrad => [rows, depth],
        // Slices of rows make up for few tiles.
        Product::WeightGrad => return Variant::Tiled,
    };
    if height.div_ceil(64) * width.div_ceil(64) < ENOUGH_TILES { Variant::Small } else { Variant::Tiled }
}

/// The kernel for a product on this device.
pub(super) fn pick(gpu: &Gpu, product: Product, size: [u32; 3]) -> Variant {
    if gpu.is_software() {
        return Variant::Direct;
    }
    let noted = gpu.noted(Case::like(product, size).key());
    let measured = noted.and_then(|number| Variant::ALL.get(number as usize).copied());
    measured.unwrap_or_else(|| guess(product, size))
}

/// A map with keys of several numbers as a list of pairs, which JSON has.
mod pairs {
    use super::{BTreeMap, Case, Variant};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Case, Variant>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<BTreeMap<Case, Variant>, D::Error> {
        Ok(Vec::<(Case, Variant)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_like_the_next_larger_number_of_rows() {
        let like = |rows| Case::like(Product::Forward, [rows, 384, 1536]).rows;
        assert_eq!([1, 32, 33, 384, 385, 2048, 9000].map(like), [32, 32, 384, 384, 2048, 2048, 2048]);
    }

    #[test]
    fn a_size_that_was_not_measured_gets_large_tiles_if_there_are_many() {
        // 7 x 6 tiles of 64, and 33 x 6.
        assert_eq!(guess(Product::InputGrad, [400, 1536, 384]), Variant::Small);
        assert_eq!(guess(Product::InputGrad, [2100, 1536, 384]), Variant::Tiled);
    }

    #[test]
    fn a_variant_is_found_by_its_number() {
        assert!(Variant::ALL.iter().enumerate().all(|(number, &variant)| variant as usize == number));
    }

    #[test]
    fn json_there_and_back() -> Result<(), serde_json::Error> {
        let case = Case { product: Product::WeightGrad, rows: 32, columns: 384, depth: 8 };
        let tilings = Tilings { of: "a".to_owned(), fastest: BTreeMap::from([(case, Variant::Small)]) };
        let json = serde_json::to_string(&tilings)?;
        assert_eq!(serde_json::from_str::<Tilings>(&json)?, tilings);
        Ok(())
    }
}
