//! What every kernel must satisfy before any adapter sees it; needs no GPU.
//!
//! Each test looks at all kernels and reports every failure at once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use figret::gpu::KernelInfo;
use figret::ops;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, GlobalVariable, Module, StorageAccess, TypeInner};
use std::collections::BTreeSet;
use std::path::Path;

/// WebGPU's default limits, which every conforming device has.
const MAX_STORAGE_BUFFERS: usize = 8;
const MAX_WORKGROUP_BYTES: u32 = 16 << 10;
const MAX_INVOCATIONS: u32 = 256;

#[test]
fn every_shader_is_a_kernel_and_every_kernel_a_shader() {
    let files = stems("shaders");
    let kernels: BTreeSet<String> = ops::kernels().iter().map(|kernel| kernel.stem.to_owned()).collect();
    assert!(!files.is_empty(), "shaders/ is empty");
    assert_eq!(files, kernels, "left: files in shaders/, right: kernels in src/ops");
}

#[test]
fn every_part_is_used() {
    for part in stems("shaders/parts") {
        let text =
            std::fs::read_to_string(shader_folder("shaders/parts").join(format!("{part}.wgsl"))).unwrap();
        assert!(ops::kernels().iter().any(|kernel| kernel.source.contains(&text)), "{part} is not used");
    }
}

#[test]
fn every_kernel_parses_and_validates_with_baseline_capabilities() {
    for_each_kernel(|kernel, module| {
        // `unpack2x16float` is part of WGSL without any extension; naga asks for this on behalf of old native drivers.
        let baseline = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
        let mut validator = Validator::new(ValidationFlags::all(), baseline);
        match validator.validate(module) {
            Ok(_) => vec![],
            Err(error) => vec![error.emit_to_string(kernel.source)],
        }
    });
}

#[test]
fn params_have_the_layout_of_the_rust_struct() {
    for_each_kernel(|kernel, module| {
        let Some(params) = variables(module, |space| space == AddressSpace::Uniform).next() else {
            return vec!["has no uniform".to_owned()];
        };
        let TypeInner::Struct { members, span } = &module.types[params.ty].inner else {
            return vec!["its uniform is no struct".to_owned()];
        };
        let in_wgsl: Vec<_> =
            members.iter().map(|member| (member.name.clone().unwrap(), member.offset as usize)).collect();
        let in_rust: Vec<_> =
            kernel.params_members.iter().map(|&(name, offset)| (name.to_owned(), offset)).collect();
        let mut failures = Vec::new();
        if in_wgsl != in_rust {
            failures.push(format!("members are {in_wgsl:?} in WGSL, {in_rust:?} in Rust"));
        }
        if *span as usize != kernel.params_size_bytes {
            failures.push(format!("Params has {span} bytes in WGSL, {} in Rust", kernel.params_size_bytes));
        }
        failures
    });
}

#[test]
fn bindings_are_what_the_pipeline_layout_takes_them_for() {
    for_each_kernel(|kernel, module| {
        let mut storage: Vec<(u32, bool)> = module
            .global_variables
            .iter()
            .filter_map(|(_, variable)| match variable.space {
                AddressSpace::Storage { access } => {
                    Some((variable.binding?.binding, access.contains(StorageAccess::STORE)))
                }
                _ => None,
            })
            .collect();
        storage.sort_unstable();
        let taken_for: Vec<(u32, bool)> = (1..).zip(kernel.storage_writes()).collect();
        let mut failures = Vec::new();
        if storage != taken_for {
            failures.push(format!("bindings are {storage:?}, read from the text as {taken_for:?}"));
        }
        if storage.len() > MAX_STORAGE_BUFFERS {
            failures.push(format!("binds {} storage buffers", storage.len()));
        }
        failures
    });
}

#[test]
fn workgroups_fit_the_default_limits() {
    for_each_kernel(|_, module| {
        let shared_bytes: u32 = variables(module, |space| space == AddressSpace::WorkGroup)
            .map(|variable| module.types[variable.ty].inner.size(module.to_ctx()))
            .sum();
        let mut failures = Vec::new();
        if shared_bytes > MAX_WORKGROUP_BYTES {
            failures.push(format!("uses {shared_bytes} bytes of workgroup memory"));
        }
        let entries: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        if entries != ["main"] {
            failures.push(format!("entry points are {entries:?}"));
        }
        for entry in &module.entry_points {
            let invocations: u32 = entry.workgroup_size.iter().product();
            if invocations == 0 || invocations > MAX_INVOCATIONS {
                failures.push(format!("has {invocations} invocations per workgroup"));
            }
        }
        failures
    });
}

#[test]
fn headers_state_the_contract() {
    for stem in stems("shaders") {
        let path = shader_folder("shaders").join(format!("{stem}.wgsl"));
        let text = std::fs::read_to_string(path).unwrap();
        let header: String = text.lines().take_while(|line| line.starts_with("//")).collect();
        for field in ["Source", "Shapes", "Grid", "Numerics", "Twin"] {
            assert!(header.contains(&format!("// {field} ")), "{stem}: the header has no {field}");
        }
    }
}

/// Runs `check` on every kernel's module; fails with all that it complains of.
fn for_each_kernel(check: impl Fn(&KernelInfo, &Module) -> Vec<String>) {
    let kernels = ops::kernels();
    assert!(!kernels.is_empty(), "there are no kernels");
    let mut failures = Vec::new();
    for kernel in &kernels {
        let found = match naga::front::wgsl::parse_str(kernel.source) {
            Ok(module) => check(kernel, &module),
            Err(error) => vec![error.emit_to_string(kernel.source)],
        };
        failures.extend(found.iter().map(|failure| format!("{}: {failure}", kernel.stem)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn variables(
    module: &Module,
    is_wanted: impl Fn(AddressSpace) -> bool,
) -> impl Iterator<Item = &GlobalVariable> {
    module
        .global_variables
        .iter()
        .map(|(_, variable)| variable)
        .filter(move |variable| is_wanted(variable.space))
}

fn shader_folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Names of the WGSL files in a folder, without extension.
fn stems(folder: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(shader_folder(folder)).unwrap().map(|entry| entry.unwrap().path());
    let shaders = files.filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"));
    shaders.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}
