//! The media type of a file by its name.

use std::path::Path;

/// The media type that a browser wants for a file of the page.
pub(super) fn of(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "jsonl" => "application/jsonl; charset=utf-8",
        "tsv" => "text/tab-separated-values; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_wasm_are_what_a_browser_insists_on() {
        assert_eq!(of(Path::new("www/main.js")), "text/javascript; charset=utf-8");
        assert_eq!(of(Path::new("pkg/baseline/figret_bg.wasm")), "application/wasm");
        assert_eq!(of(Path::new("models/model.safetensors")), "application/octet-stream");
    }
}
