//! The memory of a browser's processes, as Linux tells it.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result, ensure};

/// Resident bytes of all processes below `driver` that show pages.
pub(super) fn renderers_bytes(driver: u32) -> Result<f64> {
    let parents = parents()?;
    let is_below = |mut id: u32| {
        while let Some(&parent) = parents.get(&id) {
            if parent == driver {
                return true;
            }
            id = parent;
        }
        false
    };
    let renderers: Vec<u32> =
        parents.keys().copied().filter(|id| is_below(*id) && is_renderer(*id)).collect();
    ensure!(!renderers.is_empty(), "the browser has no process that shows pages");
    Ok(renderers.into_iter().filter_map(resident_bytes).sum())
}

fn parents() -> Result<HashMap<u32, u32>> {
    let entries = fs::read_dir("/proc").context("this system does not tell of processes in /proc")?;
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(ids.filter_map(|id| Some((id, status(id, "PPid:")? as u32))).collect())
}

fn is_renderer(id: u32) -> bool {
    fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| {
        String::from_utf8_lossy(&line).split(['\0', ' ']).any(|word| word == "--type=renderer")
    })
}

fn resident_bytes(id: u32) -> Option<f64> {
    Some(status(id, "VmRSS:")? * 1024.0)
}

/// A number of a process's status; none once it has ended.
fn status(id: u32, key: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_a_parent_and_memory() -> Result<()> {
        let own = std::process::id();
        assert!(parents()?.contains_key(&own));
        assert!(resident_bytes(own).is_some_and(|bytes| bytes > 1e6));
        assert!(!is_renderer(own) && renderers_bytes(own).is_err());
        Ok(())
    }
}
