//! The bill of materials: a CycloneDX file of what the page ships, next to the page.
//!
//! It tells the crates that are compiled into the modules and the model that the page fetches. There are no packages
//! of npm to tell: the page's scripts are the project's own. It holds no date, so that the same page has the same bill.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::lock::Lock;
use super::tree::{Crate, Tree};
use crate::project::Project;

/// Its name, next to index.html.
pub(crate) const FILE: &str = "sbom.cdx.json";

/// The list by which the engine checks the model's files.
const MODEL: &str = include_str!("../../../src/web/model_files.json");
/// As its model card says.
const MODEL_LICENSE: &str = "Apache-2.0";

/// Writes the bill of the page that the workspace builds.
///
/// # Errors
/// When cargo refuses or the file cannot be written.
pub(crate) fn write(project: &Project, folder: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(&bill(project)?)?;
    fs::write(folder.join(FILE), text + "\n").with_context(|| format!("{FILE} cannot be written"))
}

fn bill(project: &Project) -> Result<Value> {
    let tree = Tree::shipped(project)?;
    let lock = Lock::read(project)?;
    let (own, others): (Vec<_>, Vec<_>) = tree.crates.values().partition(|krate| krate.source.is_none());
    let own = own.first().context("the project's own crate is missing")?;
    let mut components: Vec<Value> = others.into_iter().map(|krate| component(krate, &lock)).collect();
    components.extend(model()?);
    let dependencies: Vec<Value> = tree.crates.values().map(|krate| dependency(krate, &tree)).collect();
    let serial = Sha256::digest(serde_json::to_vec(&(&components, &own.version))?);
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": format!("urn:uuid:{}", uuid(&serial)),
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": reference(own),
            "name": own.name,
            "version": own.version,
            "licenses": [{ "expression": own.license }],
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(krate: &Crate, lock: &Lock) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(krate),
        "name": krate.name,
        "version": krate.version,
        // What runs in the compiler alone is not in the page.
        "scope": if krate.is_macro { "excluded" } else { "required" },
        "licenses": [{ "expression": krate.license.replace(" / ", " OR ").replace('/', " OR ") }],
        "purl": reference(krate),
    });
    if let Some(checksum) = lock.checksum(&krate.name, &krate.version) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &krate.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

/// The model with its files.
fn model() -> Result<Option<Value>> {
    let manifest: Value = serde_json::from_str(MODEL).context("model_files.json is no JSON")?;
    let (name, revision) = (manifest["name"].clone(), manifest["revision"].clone());
    let file = |file: &Value| {
        let hashes = json!([{ "alg": "SHA-256", "content": file["sha256"] }]);
        json!({ "type": "file", "name": file["name"], "hashes": hashes })
    };
    let files: Vec<Value> = manifest["files"].as_array().into_iter().flatten().map(file).collect();
    Ok(Some(json!({
        "type": "machine-learning-model",
        "bom-ref": format!("model:{}", name.as_str().unwrap_or_default()),
        "name": name,
        "version": revision,
        "licenses": [{ "expression": MODEL_LICENSE }],
        "components": files,
    })))
}

fn dependency(krate: &Crate, tree: &Tree) -> Value {
    let needed: Vec<String> =
        krate.needs.iter().filter_map(|id| tree.crates.get(id)).map(reference).collect();
    json!({ "ref": reference(krate), "dependsOn": needed })
}

/// A package's address, by which every scanner knows it.
fn reference(krate: &Crate) -> String {
    format!("pkg:cargo/{}@{}", krate.name, krate.version)
}

/// The first bytes of a hash in the form of a UUID of its own kind (version 8).
fn uuid(hash: &[u8]) -> String {
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;
    use std::collections::BTreeSet;

    fn strings<'a>(list: &'a Value, key: &str) -> BTreeSet<&'a str> {
        list.as_array().into_iter().flatten().filter_map(|item| item[key].as_str()).collect()
    }

    #[test]
    fn every_crate_of_the_modules_is_on_the_bill_and_no_other() -> Result<()> {
        let project = Project::find()?;
        let bill = bill(&project)?;
        // Without a format of one's own cargo prints the same tree in another way: with depths and with repetitions.
        let mut tree =
            shell::cargo(&["tree", "--locked", "-p", "figret", "--no-default-features", "-F", "threads"]);
        tree.args(["--target", "wasm32-unknown-unknown", "-e", "normal", "--prefix", "depth", "--no-dedupe"]);
        let printed = shell::output(tree.current_dir(&project.root))?;
        let printed = printed.lines().filter_map(|line| {
            let mut words = line.trim_start_matches(|c: char| c.is_ascii_digit()).split_whitespace();
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some(format!("pkg:cargo/{name}@{version}"))
        });
        let printed: BTreeSet<String> = printed.collect();
        let mut listed = strings(&bill["components"], "purl");
        listed.extend(bill["metadata"]["component"]["bom-ref"].as_str());
        assert_eq!(listed, printed.iter().map(String::as_str).collect());

        let names = strings(&bill["components"], "name");
        let shipped = ["candle-core", "rayon", "safetensors", "tokenizers", "wasm-bindgen", "wgpu"];
        let native = ["clap", "indicatif", "naga", "pollster", "wasm-bindgen-test", "wgpu-hal"];
        assert!(shipped.iter().all(|name| names.contains(name)), "{names:?}");
        assert!(!native.iter().any(|name| names.contains(name)), "{names:?}");
        Ok(())
    }

    #[test]
    fn it_has_the_shape_that_scanners_read() -> Result<()> {
        let bill = bill(&Project::find()?)?;
        assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.5")));
        let components = bill["components"].as_array().context("no components")?;
        for component in components {
            let is_hash = |hash: &str| hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
            let hashed = if component["type"] == "library" { component } else { &component["components"][0] };
            let hash = hashed["hashes"][0]["content"].as_str().unwrap_or_default();
            assert!(is_hash(hash), "{component}");
            assert!(component["licenses"][0]["expression"].as_str().is_some_and(|e| !e.is_empty()));
        }
        // Every reference leads somewhere, and nothing is named twice.
        let mut references = strings(&bill["components"], "bom-ref");
        assert_eq!(references.len(), components.len());
        references.extend(bill["metadata"]["component"]["bom-ref"].as_str());
        for dependency in bill["dependencies"].as_array().into_iter().flatten() {
            let needed = dependency["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for reference in needed.chain(dependency["ref"].as_str()) {
                assert!(references.contains(reference), "{reference}");
            }
        }
        let model = components.iter().find(|component| component["type"] == "machine-learning-model");
        assert_eq!(model.and_then(|model| model["components"].as_array()).map(Vec::len), Some(3));
        let serial = bill["serialNumber"].as_str().unwrap_or_default();
        assert_eq!(serial.split('-').map(str::len).collect::<Vec<_>>(), [17, 4, 4, 4, 12], "{serial}");
        Ok(())
    }
}
