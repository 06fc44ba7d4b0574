//! The page's embeddings against those that sentence-transformers gave for the same texts.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::Page;
use super::safetensors;
use crate::project::Project;

const TEXTS: &str = "tests/fixtures/texts.json";
const RECORDED: &str = "tests/fixtures/embeddings.safetensors";
const LEAST_COSINE: f64 = 0.99999;

/// Asks the engine on the page itself, by the protocol, as the page does.
const EMBED: &str = "
    const reply = await window.figret.engine.request({ kind: 'embed', texts: arguments[0], tuned: false });
    const { buffer, byteOffset, byteLength } = reply.bytes;
    const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    return { rows: reply.rows, columns: reply.columns, values: [...values] };";

/// Compares the embeddings of the `count` shortest recorded texts.
///
/// # Errors
/// When one of them is further off than [`LEAST_COSINE`] allows; the message names the text.
pub(super) fn check(project: &Project, page: &Page, count: usize) -> Result<()> {
    let recorded =
        fs::read(project.root.join(RECORDED)).with_context(|| format!("{RECORDED} cannot be read"))?;
    let recorded = safetensors::values(&recorded, "embeddings")?;
    let texts = texts(project)?;
    let mut chosen: Vec<usize> = (0..texts.len()).collect();
    chosen.sort_by_key(|&index| texts[index].len());
    chosen.truncate(count);

    let hidden = recorded.len() / texts.len();
    let expected: Vec<_> =
        chosen.iter().map(|&index| (&*texts[index], &recorded[index * hidden..][..hidden])).collect();
    agree(page, &expected)
}

/// Compares the embeddings of texts with those that were recorded.
///
/// # Errors
/// As for [`check`].
pub(super) fn agree(page: &Page, expected: &[(&str, &[f32])]) -> Result<()> {
    eprintln!("e2e:   embedding {} texts", expected.len());
    let texts: Vec<_> = expected.iter().map(|(text, _)| text).collect();
    let found = embed(page, &json!(texts))?;
    ensure!(found.len() == expected.len(), "{} embeddings of {} texts", found.len(), expected.len());
    let mut least = 1.0f64;
    for (found, (text, expected)) in found.iter().zip(expected) {
        ensure!(found.len() == expected.len(), "embeddings have {} columns", found.len());
        let cosine = cosine(found, expected);
        ensure!(cosine >= LEAST_COSINE, "{text:?} has cosine {cosine}");
        least = least.min(cosine);
    }
    eprintln!("e2e:   {} embeddings agree with the recordings, least cosine {least:.7}", expected.len());
    Ok(())
}

fn texts(project: &Project) -> Result<Vec<String>> {
    let file =
        fs::read_to_string(project.root.join(TEXTS)).with_context(|| format!("{TEXTS} cannot be read"))?;
    let file: Value = serde_json::from_str(&file)?;
    serde_json::from_value(file["texts"].clone()).with_context(|| format!("{TEXTS} holds no texts"))
}

fn embed(page: &Page, texts: &Value) -> Result<Vec<Vec<f32>>> {
    let reply = page.browser.async_script(EMBED, json!([texts]))?;
    let columns =
        reply["columns"].as_u64().filter(|&columns| columns > 0).context("embeddings have no columns")?;
    let values = reply["values"].as_array().context("the page gave no embeddings")?;
    let values: Vec<_> = values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN) as f32).collect();
    Ok(values.chunks(columns as usize).map(<[f32]>::to_vec).collect())
}

/// NaN where a vector is zero or holds NaN, which no bound lets pass.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_those_of_school() {
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
        assert!((cosine(&[1.0, 1.0], &[3.0, 3.0]) - 1.0).abs() < 1e-12);
        assert!(cosine(&[0.0, 0.0], &[1.0, 0.0]).is_nan());
        assert!(cosine(&[f32::NAN, 0.0], &[1.0, 0.0]).is_nan());
    }
}
