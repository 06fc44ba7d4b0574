//! The lists of deny.toml, and whether a licence expression is covered by them.

use anyhow::{Result, ensure};

/// What is allowed.
pub(super) struct Lists {
    licenses: Vec<String>,
    registries: Vec<String>,
}

impl Lists {
    /// Reads the lists `allow` and `allow-registry`.
    ///
    /// # Errors
    /// When one of them is missing or empty.
    pub(super) fn read(deny: &str) -> Result<Self> {
        let (licenses, registries) = (list(deny, "allow"), list(deny, "allow-registry"));
        ensure!(!licenses.is_empty() && !registries.is_empty(), "deny.toml lacks allow or allow-registry");
        Ok(Self { licenses, registries })
    }

    /// Whether a crate may come from this source, as cargo names it.
    pub(super) fn is_known(&self, source: &str) -> bool {
        source.strip_prefix("registry+").is_some_and(|address| self.registries.iter().any(|r| r == address))
    }

    /// Whether what is allowed is enough for an SPDX expression: AND needs both sides, OR one. Older crates write `/`
    /// for OR.
    pub(super) fn allows(&self, expression: &str) -> bool {
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = words.as_slice();
        self.any(&mut rest) == Some(true) && rest.is_empty()
    }

    fn any(&self, rest: &mut &[&str]) -> Option<bool> {
        let mut allowed = self.all(rest)?;
        while take(rest, "OR") {
            allowed |= self.all(rest)?;
        }
        Some(allowed)
    }

    fn all(&self, rest: &mut &[&str]) -> Option<bool> {
        let mut allowed = self.one(rest)?;
        while take(rest, "AND") {
            allowed &= self.one(rest)?;
        }
        Some(allowed)
    }

    fn one(&self, rest: &mut &[&str]) -> Option<bool> {
        if take(rest, "(") {
            let allowed = self.any(rest)?;
            return take(rest, ")").then_some(allowed);
        }
        let (name, tail) = rest.split_first()?;
        *rest = tail;
        if !take(rest, "WITH") {
            return Some(self.licenses.iter().any(|license| license == name));
        }
        let (exception, tail) = rest.split_first()?;
        *rest = tail;
        Some(self.licenses.iter().any(|license| *license == format!("{name} WITH {exception}")))
    }
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let Some((_, tail)) = rest.split_first().filter(|(first, _)| **first == word) else { return false };
    *rest = tail;
    true
}

/// The quoted words of `key = [...]`.
fn list(toml: &str, key: &str) -> Vec<String> {
    let start = format!("\n{key} = [");
    let inner =
        toml.split_once(&start).and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    inner.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let licenses = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).to_vec();
        let lists = Lists { licenses, registries: Vec::new() };
        for allowed in [
            "MIT",
            "GPL-3.0 OR MIT",
            "Apache-2.0/MIT",
            "MIT AND ISC",
            "(MIT OR GPL-3.0) AND ISC",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
        ] {
            assert!(lists.allows(allowed), "{allowed}");
        }
        for refused in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT AND GPL-3.0 OR GPL-2.0",
            "(MIT OR GPL-3.0) AND GPL-2.0",
            "Apache-2.0",
            "MIT WITH LLVM-exception",
            "MIT ISC",
            "(MIT",
            "MIT OR",
        ] {
            assert!(!lists.allows(refused), "{refused}");
        }
    }

    #[test]
    fn lists_are_read_from_the_file_that_cargo_deny_reads() -> Result<()> {
        let lists = Lists::read(include_str!("../../../deny.toml"))?;
        assert!(lists.allows("MIT") && lists.allows("Apache-2.0 WITH LLVM-exception"));
        let registry = concat!("https://github.com/rust-lang/crates", ".io-index");
        assert!(lists.is_known(&format!("registry+{registry}")) && !lists.is_known(registry));
        assert!(Lists::read("[licenses]\n").is_err());
        Ok(())
    }
}
