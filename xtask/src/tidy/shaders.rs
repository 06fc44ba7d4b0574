//! Rules for WGSL: every kernel explains itself, and an op names it; so does every part shared by kernels.

use super::{Finding, Source};

/// What a kernel's header speaks of, beside the formula.
const HEADER: [&str; 5] = ["Source", "Shapes", "Grid", "Numerics", "Twin"];

/// Pieces that are put before a kernel.
const PARTS: &str = "shaders/parts/";

/// The comment at a kernel's head holds all of [`HEADER`]; a part, which has no entry point, has a comment.
pub(super) fn header(source: &Source) -> Vec<Finding> {
    if stem(source).is_none() {
        return Vec::new();
    }
    if source.path.starts_with(PARTS) && source.text.starts_with("//") {
        return Vec::new();
    }
    let comment: Vec<_> = source.text.lines().take_while(|line| line.starts_with("//")).collect();
    let has = |word: &&str| comment.iter().any(|line| line.trim_start_matches('/').trim().starts_with(word));
    let missing: Vec<_> = HEADER.into_iter().filter(|word| !has(word)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![source.finding(1, format!("the header does not tell {}", missing.join(", ")))]
}

/// Every kernel's name stands as a string in some op.
pub(super) fn ops_of_kernels(sources: &[Source]) -> Vec<Finding> {
    let ops: Vec<_> = sources.iter().filter(|source| source.is_rust_in("src/ops")).collect();
    let is_named = |stem: &str| ops.iter().any(|op| op.text.contains(&format!("\"{stem}\"")));
    let orphans = sources.iter().filter(|source| stem(source).is_some_and(|stem| !is_named(stem)));
    orphans.map(|source| source.finding(1, "no op in src/ops names this kernel")).collect()
}

fn stem(source: &Source) -> Option<&str> {
    let inside = source.path.strip_prefix("shaders/")?.strip_suffix(".wgsl")?;
    inside.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_header_tells_five_things() {
        let whole = "// Sum.\n//\n// Source  x\n// Shapes  x\n// Grid    x\n// Numerics x\n// Twin    x\nfn main() {}";
        assert_eq!(header(&sample("shaders/sum.wgsl", whole)), []);
        let poor = header(&sample("shaders/sum.wgsl", "// Sum.\n// Grid x\nfn main() {} // Twin"));
        assert_eq!(poor[0].message, "the header does not tell Source, Shapes, Numerics, Twin");
        assert_eq!(header(&sample("docs/sum.md", "")), []);
        assert_eq!(header(&sample("shaders/parts/lane_sum.wgsl", "// Part of several kernels.")), []);
        assert_eq!(header(&sample("shaders/parts/lane_sum.wgsl", "fn lane_sum() {}")).len(), 1);
    }

    #[test]
    fn a_kernel_without_an_op_is_found() {
        let kernel = || sample("shaders/sum.wgsl", "");
        let op = sample("src/ops/sum.rs", "const SUM: Kernel = kernel!(\"sum\");");
        assert_eq!(ops_of_kernels(&[kernel(), op]), []);
        assert_eq!(ops_of_kernels(&[kernel()]).len(), 1);
    }
}
