//! Exact top-10 over seeded vectors of MiniLM's width: the CPU on all its threads and on one, and the GPU.
//!
//! Times are of one query at a time, from its vector to its hits on the host.

use crate::{medians_ms, say};
use figret::engine::GpuIndex;
use figret::gpu::Gpu;
use figret::retrieve::Index;
use pollster::block_on;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;

const WIDTH: usize = 384;
const K: usize = 10;
const SIZES: [(&str, usize); 3] = [("10k", 10_000), ("100k", 100_000), ("1m", 1_000_000)];

/// Measures every size; `gpu` is the reason where there is none. A quick run asks no software adapter for the largest.
pub(crate) fn run(gpu: Result<&Gpu, String>, is_quick: bool) {
    let mut noise = Noise(1);
    let query = noise.vector(WIDTH);
    for (name, passages) in SIZES {
        let before = resident_bytes();
        let index = index_of(&mut noise, passages);
        let grown =
            resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before) / passages);
        on_cpu(name, &index, &query);
        let index = Arc::new(index);
        match &gpu {
            Ok(gpu) if is_quick && gpu.is_software() && passages > 100_000 => {
                say(&format!("search.gpu_{name}_ms"), json!(null), "a software adapter, and --quick");
            }
            Ok(gpu) => on_gpu(gpu, name, &index, &query),
            Err(reason) => say(&format!("search.gpu_{name}_ms"), json!(null), reason),
        }
        if passages == 1_000_000 {
            let grown = grown.map_or_else(|| "unknown".to_owned(), |bytes| bytes.to_string());
            let detail =
                format!("of {passages} passages; with ids and order, resident memory grew by {grown}");
            say("search.bytes_a_passage", json!(index.size_bytes() / passages), &detail);
        }
    }
}

fn on_cpu(name: &str, index: &Index, query: &[f32]) {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let search = || drop(black_box(index.top_k(query, K).unwrap()));
    let [all, one] = medians_ms([&mut || search(), &mut || one_thread.install(search)]);
    let threads = rayon::current_num_threads();
    say(&format!("search.cpu_{name}_ms"), json!(all), &format!("native CPU, {threads} threads, f16"));
    say(&format!("search.cpu_{name}_one_thread_ms"), json!(one), "native CPU, one thread, f16");
}

fn on_gpu(gpu: &Gpu, name: &str, index: &Arc<Index>, query: &[f32]) {
    let on_gpu = GpuIndex::new(gpu, index);
    let found = block_on(on_gpu.top_k(query, K)).unwrap();
    assert_eq!(found, [index.top_k(query, K).unwrap()], "the GPU's hits are not the CPU's");
    let [ms] = medians_ms([&mut || drop(black_box(block_on(on_gpu.top_k(query, K)).unwrap()))]);
    let detail = format!("{}, f16, shards: {}", gpu.adapter_name(), on_gpu.shards());
    say(&format!("search.gpu_{name}_ms"), json!(ms), &detail);
}

fn index_of(noise: &mut Noise, passages: usize) -> Index {
    let ids: Vec<String> = (0..passages).map(|id| format!("{id:07}")).collect();
    Index::new(&ids, noise.vector(passages * WIDTH), WIDTH).unwrap()
}

/// Memory of this process that is in use; none where the system does not say.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()? << 10)
}

/// Values that make vectors of about unit length, from a linear congruential generator.
struct Noise(u64);

impl Noise {
    fn vector(&mut self, values: usize) -> Vec<f32> {
        let scale = (3.0 / WIDTH as f32).sqrt() / (1 << 23) as f32;
        let mut value = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 40) as f32 - (1 << 23) as f32) * scale
        };
        (0..values).map(|_| value()).collect()
    }
}
