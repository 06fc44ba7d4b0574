//! A short name for the whole of the protocol's types, which changes when one of them does.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::parse::{Body, Content, Field, Item};

/// Bytes of the hash that are written.
const BYTES: usize = 8;

/// The beginning of the SHA-256 of all names and types, in hex; what is said of them does not count.
pub(super) fn shape(items: &[Item]) -> String {
    let mut hash = Sha256::new();
    for item in items {
        hash.update(format!("{} {}\n", item.name, body(&item.body)));
    }
    hash.finalize().iter().take(BYTES).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn body(body: &Body) -> String {
    match body {
        Body::Struct(all) => fields(all),
        Body::Enum(variants) => {
            let variant = |content: &Content| match content {
                Content::Fields(all) => fields(all),
                Content::FieldsOf(name) => name.clone(),
            };
            let all = variants.iter().map(|one| format!("{}({})", one.name, variant(&one.content)));
            all.collect::<Vec<_>>().join(" | ")
        }
    }
}

fn fields(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{}: {}", field.name, field.js_type)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::parse;

    fn of(source: &str) -> String {
        parse::protocol(source).map(|items| shape(&items)).unwrap_or_default()
    }

    #[test]
    fn it_changes_with_a_type_and_not_with_its_description() {
        let first = of("struct Info { done: u32 }");
        assert_eq!(first.len(), 2 * BYTES);
        assert_eq!(first, of("/// How far.\nstruct Info {\n    /// Done.\n    done: u32,\n}"));
        for other in
            ["struct Info { done: String }", "struct Info { left: u32 }", "struct Other { done: u32 }"]
        {
            assert_ne!(first, of(other), "{other}");
        }
    }
}
