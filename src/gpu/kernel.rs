//! A kernel: WGSL text, the layout of its parameters, and the pipeline made of both.
//!
//! The shader is the one place where bindings and tile sizes are written; they are read from its text.

use std::marker::PhantomData;
use std::num::NonZeroU64;

/// Parameters of a kernel as its WGSL `struct Params` lays them out. Implemented by [`crate::uniform!`].
pub trait Uniform: bytemuck::Pod {
    /// Names and byte offsets of the members, in order; compared with the shader by a test.
    const MEMBERS: &'static [(&'static str, usize)];
}

/// Defines a parameter struct and its layout: `uniform! { pub struct Params { pub hidden: u32 } }`.
#[macro_export]
macro_rules! uniform {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),+ }

        impl $crate::gpu::Uniform for $name {
            const MEMBERS: &'static [(&'static str, usize)] =
                &[$((stringify!($field), std::mem::offset_of!($name, $field))),+];
        }
    };
}

/// Names the kernel `shaders/<stem>.wgsl`, preceded by the parts of `shaders/parts/` that it shares.
#[macro_export]
macro_rules! kernel {
    ($stem:literal $(, $part:literal)*) => {
        $crate::gpu::Kernel::new(
            $stem,
            concat!(
                $(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/parts/", $part, ".wgsl")), "\n",)*
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $stem, ".wgsl")),
            ),
        )
    };
}

/// What is known of a kernel without a device.
#[derive(Clone, Copy, Debug)]
pub struct KernelInfo {
    /// Name of the file in `shaders/`, without extension.
    pub stem: &'static str,
    /// The stem, or what tells kernels of one file and several parts apart.
    pub label: &'static str,
    /// The whole WGSL text, shared parts included.
    pub source: &'static str,
    /// Size of the parameter struct.
    pub params_size_bytes: usize,
    /// Members of the parameter struct with their byte offsets.
    pub params_members: &'static [(&'static str, usize)],
}

/// A kernel whose parameters are a `P`.
pub struct Kernel<P> {
    info: KernelInfo,
    params: PhantomData<P>,
}

impl<P: Uniform> Kernel<P> {
    /// Ties a shader's text to its parameters; called by [`crate::kernel!`].
    pub const fn new(stem: &'static str, source: &'static str) -> Self {
        let info = KernelInfo {
            stem,
            label: stem,
            source,
            params_size_bytes: size_of::<P>(),
            params_members: P::MEMBERS,
        };
        Self { info, params: PhantomData }
    }

    /// Gives a label to one of several kernels made of the same file.
    pub const fn labelled(mut self, label: &'static str) -> Self {
        self.info.label = label;
        self
    }

    /// Returns what is known of the kernel without a device.
    pub const fn info(&self) -> KernelInfo {
        self.info
    }

    /// Reads `const <name> = <digits>u;` from the shader, so that a tile size is written only there.
    ///
    /// # Panics
    /// If the shader has no such constant; called in `const` items, this is an error at compile time.
    pub const fn constant(&self, name: &str) -> u32 {
        let (text, name) = (self.info.source.as_bytes(), name.as_bytes());
        let mut at = 0;
        while at + name.len() + 9 < text.len() {
            let end = at + 6 + name.len();
            if matches_at(text, at, b"const ")
                && matches_at(text, at + 6, name)
                && matches_at(text, end, b" = ")
            {
                return leading_number(text, end + 3);
            }
            at += 1;
        }
        panic!("the shader has no such constant")
    }
}

const fn matches_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    let mut i = 0;
    while i < word.len() {
        if at + i >= text.len() || text[at + i] != word[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn leading_number(text: &[u8], mut at: usize) -> u32 {
    let mut value = 0;
    while at < text.len() && text[at].is_ascii_digit() {
        value = value * 10 + (text[at] - b'0') as u32;
        at += 1;
    }
    value
}

impl KernelInfo {
    /// Says of each storage binding, in order from binding 1, whether the kernel writes it.
    pub fn storage_writes(&self) -> impl Iterator<Item = bool> {
        let storage =
            self.source.lines().filter(|line| line.starts_with("@group(0)") && line.contains("var<storage"));
        storage.map(|line| line.contains("read_write"))
    }
}

/// A compiled kernel.
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

impl Pipeline {
    /// Compiles a kernel; errors go to the open error scope.
    pub(super) fn new(device: &wgpu::Device, kernel: &KernelInfo) -> Self {
        let label = Some(kernel.label);
        let source = wgpu::ShaderSource::Wgsl(kernel.source.into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
        let entries = layout_entries(kernel);
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Self { pipeline, layout }
    }
}

/// Binding 0 is the uniform arena with a dynamic offset; the tensors follow in the shader's order.
fn layout_entries(kernel: &KernelInfo) -> Vec<wgpu::BindGroupLayoutEntry> {
    let entry = |binding, ty, has_dynamic_offset, min_binding_size| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size },
        count: None,
    };
    let params_size = NonZeroU64::new(kernel.params_size_bytes as u64);
    let params = entry(0, wgpu::BufferBindingType::Uniform, true, params_size);
    let tensors = (1..).zip(kernel.storage_writes()).map(|(binding, writes)| {
        entry(binding, wgpu::BufferBindingType::Storage { read_only: !writes }, false, None)
    });
    std::iter::once(params).chain(tensors).collect()
}
