//! What the tests need beside Rust: two browsers, their drivers, npm for axe-core, a software GPU and a font.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::project::Project;
use crate::{debian, geckodriver, shell};

/// A thing that may be missing, and Debian's package that brings it.
struct Need {
    package: &'static str,
    is_met: fn() -> bool,
}

const NEEDS: [Need; 7] = [
    Need { package: "chromium", is_met: || shell::on_path("chromium").is_some() },
    Need { package: "chromium-driver", is_met: || shell::on_path("chromedriver").is_some() },
    Need { package: "firefox-esr", is_met: has_firefox },
    Need { package: "npm", is_met: || shell::on_path("npm").is_some() },
    Need { package: "libvulkan1", is_met: has_vulkan_loader },
    Need { package: "mesa-vulkan-drivers", is_met: has_vulkan_driver },
    Need { package: "fonts-dejavu-core", is_met: has_fonts },
];

/// Installs what is missing, or says what to install.
///
/// # Errors
/// When something is missing and cannot be installed.
pub(super) fn run(project: &Project) -> Result<()> {
    let missing: Vec<_> = NEEDS.iter().filter(|need| !(need.is_met)()).map(|need| need.package).collect();
    if !missing.is_empty() {
        debian::install(&missing, "testing in a browser and on software Vulkan")?;
    }
    geckodriver::ensure(project)?;
    eprintln!("prerequisites: browsers, drivers, npm, software Vulkan and fonts are there");
    Ok(())
}

fn has_firefox() -> bool {
    ["firefox-esr", "firefox"].iter().any(|program| shell::on_path(program).is_some())
}

fn has_vulkan_loader() -> bool {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    folders.iter().any(|folder| Path::new(folder).join("libvulkan.so.1").exists())
}

fn has_vulkan_driver() -> bool {
    std::env::var_os("VK_ICD_FILENAMES").is_some() || holds_entries("/usr/share/vulkan/icd.d")
}

fn has_fonts() -> bool {
    holds_entries("/usr/share/fonts")
}

fn holds_entries(folder: &str) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
