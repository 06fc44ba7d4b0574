//! What the GPU refuses is an error of the batch that asked for it, never a panic and never a result.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::gpu_or_skip;
use figret::gpu::{Gpu, GpuError, GpuOptions, GpuTensor};
use figret::ops::linear::{Epilogue, linear};
use pollster::block_on;

#[test]
fn a_software_adapter_is_refused_unless_allowed() {
    let Some(gpu) = gpu_or_skip() else { return };
    assert!(!gpu.adapter_name().is_empty());
    match block_on(Gpu::open(GpuOptions::default())) {
        Ok(gpu) => assert!(!gpu.is_software()),
        Err(error) => assert!(gpu.is_software() && matches!(error, GpuError::SoftwareAdapter(_)), "{error}"),
    }
}

#[test]
fn a_tensor_over_the_limit_fails_its_batch_and_no_other() {
    let Some(gpu) = gpu_or_skip() else { return };
    let rows = u32::try_from(gpu.max_tensor_bytes() / 4096).unwrap() + 1;
    let huge = gpu.alloc(&[rows, 1024]);
    assert!(matches!(
        block_on(gpu.download(&times_two(&gpu, &gpu.upload(&[1, 4], &[1.0; 4])))),
        Err(GpuError::TooLarge { .. })
    ));
    drop(huge);
    assert_works(&gpu);
}

#[test]
fn an_upload_of_the_wrong_length_is_an_error() {
    let Some(gpu) = gpu_or_skip() else { return };
    let _ = gpu.upload(&[2, 2], &[1.0; 3]);
    assert!(matches!(block_on(gpu.check()), Err(GpuError::Shape { op: "upload", .. })));
    assert_works(&gpu);
}

#[test]
fn reading_floats_as_indices_is_an_error() {
    let Some(gpu) = gpu_or_skip() else { return };
    let floats = gpu.upload(&[2], &[1.0, 2.0]);
    assert!(matches!(block_on(gpu.download_u32(&floats)), Err(GpuError::Element { .. })));
    assert_works(&gpu);
}

#[test]
fn a_closed_device_is_lost() {
    let Some(gpu) = gpu_or_skip() else { return };
    assert_works(&gpu);
    gpu.close();
    let x = gpu.upload(&[1, 4], &[1.0; 4]);
    let error = block_on(gpu.download(&times_two(&gpu, &x))).unwrap_err();
    assert!(matches!(error, GpuError::DeviceLost(_)), "{error:?}");
}

#[test]
fn a_buffer_is_not_overwritten_while_recorded_work_needs_it() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Each upload is dropped before the submit; the next one must not land in its buffer.
    let doubled: Vec<GpuTensor> =
        (0..8).map(|i| times_two(&gpu, &gpu.upload(&[1, 4], &[i as f32; 4]))).collect();
    for (i, doubled) in doubled.iter().enumerate() {
        assert_eq!(block_on(gpu.download(doubled)).unwrap(), [2.0 * i as f32; 4]);
    }
}

#[test]
fn a_batch_may_be_longer_than_the_arena_of_parameters() {
    let Some(gpu) = gpu_or_skip() else { return };
    let identity = gpu.upload(&[4, 4], &identity(1.0));
    let mut x = gpu.upload(&[1, 4], &[1.0, 2.0, 3.0, 4.0]);
    for _ in 0..600 {
        x = linear(&gpu, &x, &identity, Epilogue::None).unwrap();
    }
    assert_eq!(block_on(gpu.download(&x)).unwrap(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn downloads_may_be_started_together_and_read_later() {
    let Some(gpu) = gpu_or_skip() else { return };
    let started: Vec<_> =
        (0..3).map(|i| gpu.start_download(&times_two(&gpu, &gpu.upload(&[1, 4], &[i as f32; 4])))).collect();
    for (i, download) in started.into_iter().enumerate() {
        assert_eq!(block_on(download.read()).unwrap(), [2.0 * i as f32; 4]);
    }
}

fn times_two(gpu: &Gpu, x: &GpuTensor) -> GpuTensor {
    linear(gpu, x, &gpu.upload(&[4, 4], &identity(2.0)), Epilogue::None).unwrap()
}

fn identity(diagonal: f32) -> [f32; 16] {
    std::array::from_fn(|i| if i % 5 == 0 { diagonal } else { 0.0 })
}

fn assert_works(gpu: &Gpu) {
    let x = gpu.upload(&[1, 4], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(block_on(gpu.download(&times_two(gpu, &x))).unwrap(), [2.0, 4.0, 6.0, 8.0]);
}
