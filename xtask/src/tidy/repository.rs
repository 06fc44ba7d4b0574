//! Rules for the repository as a whole: nothing generated in it, nothing of the machine it was written on.

use super::{Finding, Source};

/// Folders that the build fills.
const GENERATED: [&str; 4] = ["pkg/", "models/", "dist/", "target/"];

/// Hosts that cargo, pip, npm and apt know by themselves. Written in two parts, or this file would break the rule.
const HOSTS: [&str; 7] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
    concat!("deb.debian", ".org"),
    concat!("registry.npm", "js"),
    concat!("static.rust", "-lang.org"),
    concat!("static.crates", "."),
];

/// Folders of one machine.
const PLACES: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Files under version control that the build makes.
pub(super) fn generated_files(paths: &[String]) -> Vec<Finding> {
    let is_generated = |path: &&String| GENERATED.iter().any(|folder| path.starts_with(folder));
    let message = "is made by the build and must not be tracked";
    let found = paths.iter().filter(is_generated);
    found.map(|path| Finding { path: path.clone(), line: 1, message: message.into() }).collect()
}

/// Names of package hosts, and absolute paths of one machine. Cargo writes its lock file as it likes, and deny.toml says
/// which hosts may be named at all.
pub(super) fn hosts_and_places(source: &Source) -> Vec<Finding> {
    if source.path.ends_with("Cargo.lock") || source.path == "deny.toml" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let hosts = HOSTS.into_iter().filter(|host| line.contains(host));
        findings
            .extend(hosts.map(|host| source.finding(index + 1, format!("names the package host {host}"))));
        let places = PLACES.into_iter().filter(|place| begins_a_path(line, place));
        findings.extend(
            places.map(|place| source.finding(index + 1, format!("names a path of one machine, {place}"))),
        );
    }
    findings
}

fn begins_a_path(line: &str, place: &str) -> bool {
    let is_start = |(index, _): (usize, &str)| {
        !line[..index].ends_with(|before: char| before.is_alphanumeric() || "._-~*})/".contains(before))
    };
    line.match_indices(place).any(is_start)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn tracked_results_are_found() {
        let paths = ["pkg/figret.js", "www/main.js", "models/README.md"].map(String::from);
        let found: Vec<_> = generated_files(&paths).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["pkg/figret.js", "models/README.md"]);
    }

    #[test]
    fn hosts_and_places_are_found() {
        let [home, work] = [PLACES[0], PLACES[2]];
        let text = format!(
            "see {}\ncd {home}me\nhttps://example.org{work}x\ntests{work}x\n\"{work}main\"\n",
            HOSTS[1]
        );
        let lines: Vec<_> = hosts_and_places(&sample("README.md", &text)).iter().map(|f| f.line).collect();
        assert_eq!(lines, [1, 2, 5]);
        assert_eq!(hosts_and_places(&sample("Cargo.lock", &text)), []);
    }
}
