//! Who may name what: the rooms of `src/` and the crates that belong to one room alone.

use super::tokens::{Kind, Token};
use super::{Finding, Source};

/// Crates, and the files of `src/` that alone may name them.
const OWNERS: [(&str, &[&str]); 3] = [
    ("wgpu", &["src/gpu/", "src/gpu.rs"]),
    ("wasm_bindgen wasm_bindgen_futures js_sys web_sys gloo serde_wasm_bindgen", &["src/web/", "src/web.rs"]),
    ("candle_core candle_nn", &["src/encoder/candle"]),
];

/// Rooms and what each may import beside itself.
const MAY_IMPORT: [(&str, &str); 15] = [
    ("spread", ""),
    ("text", ""),
    ("data", ""),
    ("eval", ""),
    ("retrieve", "data spread"),
    ("gpu", ""),
    ("ops", "gpu"),
    ("encoder", "spread text ops gpu"),
    ("train", "encoder ops gpu text data eval retrieve"),
    ("experiment", "train data eval"),
    ("feedback", "data eval"),
    ("export", "encoder text data eval retrieve train"),
    ("engine", "experiment train feedback export encoder ops gpu text data eval retrieve spread"),
    // These two call the engine alone; of the other rooms they name settings, limits, results and errors.
    ("web", "engine experiment train feedback export encoder gpu text data eval retrieve"),
    ("bin", "engine experiment train feedback export encoder gpu text data eval retrieve"),
];

/// Crates that another room owns.
pub(super) fn foreign_names(source: &Source, tokens: &[Token]) -> Vec<Finding> {
    if !source.is_rust_in("src/") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (names, owners) in OWNERS {
        if owners.iter().any(|owner| source.path.starts_with(owner)) {
            continue;
        }
        for token in tokens.iter().filter(|token| token.kind == Kind::Identifier) {
            if has_word(names, &token.text) {
                findings
                    .push(source.finding(token.line, format!("only {} may name {}", owners[0], token.text)));
            }
        }
    }
    findings
}

/// Rooms that this room must not import.
pub(super) fn imports(source: &Source, tokens: &[Token]) -> Vec<Finding> {
    let Some(room) = room_of(&source.path) else {
        return Vec::new();
    };
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
        return Vec::new();
    };
    let root = if room == "bin" { "figret" } else { "crate" };
    let imported = imported_rooms(tokens, root).into_iter();
    let refused = imported.filter(|(name, _)| *name != room && is_room(name) && !has_word(allowed, name));
    refused.map(|(name, line)| source.finding(line, format!("{room} must not import {name}"))).collect()
}

fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|other| other == word)
}

fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    inside.split(['/', '.']).next()
}

fn is_room(name: &str) -> bool {
    MAY_IMPORT.iter().any(|(room, _)| *room == name)
}

/// What follows `crate::`, one name for each branch of `crate::{...}`.
fn imported_rooms<'a>(tokens: &'a [Token], root: &str) -> Vec<(&'a str, usize)> {
    let mut rooms = Vec::new();
    for (index, window) in tokens.windows(4).enumerate() {
        let [name, first, second, next] = window else {
            continue;
        };
        if !(name.is(root) && first.is(":") && second.is(":")) {
            continue;
        }
        if next.is("{") {
            rooms.extend(branches(&tokens[index + 4..]));
        } else {
            rooms.push((next.text.as_str(), next.line));
        }
    }
    rooms
}

/// The first name of each branch, up to the brace that ends the group.
fn branches(tokens: &[Token]) -> Vec<(&str, usize)> {
    let mut branches = Vec::new();
    let (mut depth, mut is_first) = (0, true);
    for token in tokens {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => depth -= 1,
            "," if depth == 0 => is_first = true,
            name if is_first => {
                branches.push((name, token.line));
                is_first = false;
            }
            _ => {}
        }
    }
    branches
}

#[cfg(test)]
mod tests {
    use super::super::{sample, tokens};
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<(usize, String)> {
        let source = sample(path, text);
        let tokens = tokens::of(text).unwrap_or_default();
        let findings = foreign_names(&source, &tokens).into_iter().chain(imports(&source, &tokens));
        findings.map(|finding| (finding.line, finding.message)).collect()
    }

    #[test]
    fn a_crate_is_named_by_its_owner_alone() {
        let wgpu = "use wgpu::Device;";
        assert_eq!(messages("src/gpu/device.rs", wgpu), []);
        assert_eq!(messages("src/ops/gelu.rs", wgpu), [(1, "only src/gpu/ may name wgpu".into())]);
        assert_eq!(messages("src/ops/gelu.rs", "// wgpu\n/// wgpu\nfn f() {}"), []);
        assert_eq!(messages("src/encoder/candle/lora.rs", "use candle_nn::VarMap;"), []);
        assert_eq!(messages("src/train/trainer.rs", "use candle_nn::VarMap;").len(), 1);
        assert_eq!(messages("tests/encoder.rs", "use candle_nn::VarMap;"), []);
        assert_eq!(messages("src/engine.rs", "fn f(x: js_sys::Array) {}").len(), 1);
    }

    #[test]
    fn rooms_import_downwards() {
        assert_eq!(messages("src/ops/gelu.rs", "use crate::gpu::Gpu;"), []);
        assert_eq!(
            messages("src/eval/ap.rs", "use crate::data::Run;"),
            [(1, "eval must not import data".into())]
        );
        assert_eq!(messages("src/web/worker.rs", "use crate::ops::gelu;").len(), 1);
        assert_eq!(messages("src/bin/figret.rs", "use figret::engine::Engine;"), []);
        assert_eq!(messages("src/bin/figret.rs", "use figret::ops::gelu;").len(), 1);
        assert_eq!(messages("src/engine.rs", "use crate::web::worker;").len(), 1);
        assert_eq!(messages("src/lib.rs", "pub use crate::web::worker;"), []);
    }

    #[test]
    fn every_branch_of_a_group_counts() {
        let text = "use crate::{\n    text::{pack, gpu},\n    train,\n};\nfn f() { crate::engine::open() }";
        let found = messages("src/encoder/config.rs", text);
        assert_eq!(
            found,
            [(3, "encoder must not import train".into()), (5, "encoder must not import engine".into())]
        );
    }
}
