//! Measures the kernels of the linear layer against each other on a device, for the sizes that a model has.
//!
//! A short look and not a benchmark: where two are close it does not matter which is taken. Nothing is measured on
//! adapters that compute on the CPU, where one kernel is known to serve best and a look would take seconds.

use super::linear::{self, Epilogue, linear_by};
use super::linear_grad::{self, Columns, InputEpilogue, input_by, weight_by};
use super::sum_rows::Sum;
use super::tiling::{Case, Product, ROWS, Tilings, Variant};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use sha2::{Digest, Sha256};
use web_time::{Duration, Instant};

/// When no further size is begun.
const BUDGET: Duration = Duration::from_millis(1500);
/// What a measurement should take at least; a browser's clock and the way to the device are coarse.
const AT_LEAST: Duration = Duration::from_millis(2);
const MOST_REPEATS: u32 = 64;
/// The shortest of so many counts: whatever else the device does makes it longer.
const ROUNDS: usize = 3;

/// Sizes of the weights of a model: `[columns, depth]` of its fused projection, its output, and its two halves of the
/// feed-forward block.
pub fn weights_of(hidden: u32, intermediate: u32) -> [[u32; 2]; 4] {
    [[3 * hidden, hidden], [hidden, hidden], [intermediate, hidden], [hidden, intermediate]]
}

impl Tilings {
    /// Measures for a model's `weights`, unless `remembered` is what was measured with the same adapter and kernels.
    ///
    /// # Errors
    /// The first [`GpuError`] of the device.
    pub async fn for_device(
        gpu: &Gpu,
        weights: &[[u32; 2]],
        remembered: Option<Self>,
    ) -> Result<Self, GpuError> {
        let of = fingerprint(gpu, weights);
        if let Some(remembered) = remembered.filter(|remembered| remembered.of == of) {
            return Ok(remembered);
        }
        // Most lessons are taught in steps of a usual size: if time is short, these are known.
        let [few, usual, many] = ROWS;
        Ok(Self { of, ..measure(gpu, weights, &[usual, many, few], BUDGET).await? })
    }
}

/// Changes with everything that the choice depends on.
fn fingerprint(gpu: &Gpu, weights: &[[u32; 2]]) -> String {
    let mut hash = Sha256::new();
    for kernel in linear::KERNELS.iter().chain(linear_grad::KERNELS) {
        hash.update(kernel.source);
    }
    let kernels: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}; {weights:?}; {kernels}", gpu.adapter_name())
}

/// Measures the products of `weights` with each number of `rows`, in this order, until `budget` is spent.
///
/// # Errors
/// The first [`GpuError`] of the device.
pub async fn measure(
    gpu: &Gpu,
    weights: &[[u32; 2]],
    rows: &[u32],
    budget: Duration,
) -> Result<Tilings, GpuError> {
    let start = Instant::now();
    let mut tilings = Tilings::default();
    // Its download waits for everything before it.
    let mark = gpu.upload(&[1], &[0.0]);
    for &rows in rows {
        for &[columns, depth] in weights {
            let bench = Bench::new(gpu, &mark, [rows, columns, depth]);
            for product in [Product::Forward, Product::InputGrad, Product::WeightGrad] {
                if start.elapsed() >= budget {
                    return Ok(tilings);
                }
                let fastest = bench.fastest(product).await?;
                tilings.fastest.insert(Case { product, rows, columns, depth }, fastest);
            }
        }
    }
    Ok(tilings)
}

/// The operands of a layer's three products.
struct Bench<'a> {
    gpu: &'a Gpu,
    mark: &'a GpuTensor,
    x: GpuTensor,
    weight: GpuTensor,
    g: GpuTensor,
    sum: GpuTensor,
}

impl<'a> Bench<'a> {
    fn new(gpu: &'a Gpu, mark: &'a GpuTensor, [rows, columns, depth]: [u32; 3]) -> Self {
        // Tensors come with whatever was there; numbers that are none take as long as others on a GPU.
        let [x, weight] = [gpu.alloc(&[rows, depth]), gpu.alloc(&[columns, depth])];
        let [g, sum] = [gpu.alloc(&[rows, columns]), gpu.alloc(&[columns, depth])];
        Self { gpu, mark, x, weight, g, sum }
    }

    async fn fastest(&self, product: Product) -> Result<Variant, GpuError> {
        let mut longest = Duration::ZERO;
        for variant in Variant::ALL {
            // The first run compiles the kernel.
            self.time(product, variant, 1).await?;
            longest = longest.max(self.time(product, variant, 1).await?);
        }
        let repeats = (AT_LEAST.as_secs_f64() / longest.as_secs_f64().max(1e-6)).ceil() as u32;
        let repeats = repeats.clamp(1, MOST_REPEATS);
        let mut shortest = [Duration::MAX; Variant::ALL.len()];
        for _ in 0..ROUNDS {
            for (shortest, variant) in shortest.iter_mut().zip(Variant::ALL) {
                *shortest = self.time(product, variant, repeats).await?.min(*shortest);
            }
        }
        let fastest = shortest.iter().zip(Variant::ALL).min_by_key(|(time, _)| **time);
        Ok(fastest.map_or(Variant::Tiled, |(_, variant)| variant))
    }

    async fn time(&self, product: Product, variant: Variant, repeats: u32) -> Result<Duration, GpuError> {
        let start = Instant::now();
        for _ in 0..repeats {
            self.record(product, variant)?;
        }
        self.gpu.download(self.mark).await?;
        Ok(start.elapsed())
    }

    fn record(&self, product: Product, variant: Variant) -> Result<(), GpuError> {
        let Self { gpu, x, weight, g, sum, .. } = self;
        match product {
            Product::Forward => drop(linear_by(gpu, variant, x, weight, Epilogue::None)?),
            Product::InputGrad => {
                drop(input_by(gpu, variant, Columns::all(g), weight, 1.0, InputEpilogue::None)?);
            }
            Product::WeightGrad => {
                weight_by(gpu, variant, Columns::all(g), x, Sum { into: sum, factor: 1.0 })?;
            }
        }
        Ok(())
    }
}
