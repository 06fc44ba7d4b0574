//! What the figures were measured on.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Map, Value, json};

use crate::project::Project;
use crate::shell;

/// Processor, system, commit and load; what cannot be found out is null.
pub(super) fn describe(project: &Project, is_quick: bool) -> Map<String, Value> {
    let said = |program: &str, arguments: &[&str]| {
        let said = shell::output(Command::new(program).args(arguments).current_dir(&project.root));
        said.map(|text| text.trim().to_owned()).ok()
    };
    let described = json!({
        "processor": processor(),
        "cores": thread::available_parallelism().map(usize::from).ok(),
        "system": said("uname", &["-srm"]),
        "commit": said("git", &["describe", "--always", "--dirty"]),
        "quick": is_quick,
        "load_at_start": load(),
    });
    described.as_object().cloned().unwrap_or_default()
}

/// Mean number of running programs in the last minute, this one included.
pub(super) fn load() -> Value {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!(text.split(' ').next().and_then(|word| word.parse::<f64>().ok()))
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split(':').nth(1)?.trim().to_owned())
}
