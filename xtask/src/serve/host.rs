//! A host as one that is not under one's own hand: the page below a path, no headers of isolation; it can go away,
//! and break off a download.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use super::http::{self, Request};
use super::{answer, listen};

/// Where the page lies.
const PLACE: &str = "/figret";

/// Nothing may come from the browser's own store when the host is gone.
const HEADERS: &str = "Cache-Control: no-store\r\n";

/// A running host of one page.
pub(crate) struct StaticHost {
    /// The page's address, ending in a slash.
    pub(crate) address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_gone: AtomicBool,
    strays: Mutex<Vec<String>>,
    /// End of a file's name, and the bytes after which its next download breaks off.
    breaking: Mutex<Option<(String, u64)>>,
    /// First bytes of the parts of files that were asked for.
    rests: Mutex<Vec<u64>>,
}

impl StaticHost {
    /// Serves a folder from threads of its own.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let listener = listen(0)?;
        let address = format!("http://{}{PLACE}/", listener.local_addr()?);
        let shared = Arc::new(Shared::default());
        let (root, theirs) = (root.to_path_buf(), Arc::clone(&shared));
        let answered = move |request: &Request| {
            if theirs.is_gone.load(Ordering::Relaxed) {
                return None;
            }
            let inside = request.target.strip_prefix(PLACE).filter(|rest| rest.starts_with('/'));
            if inside.is_none() {
                locked(&theirs.strays).push(request.target.clone());
            }
            locked(&theirs.rests).extend(request.from);
            let mut response = answer(&root, request, inside.unwrap_or_default());
            let ends_so = |(name, _): &mut (String, u64)| request.target.ends_with(name.as_str());
            response.breaks_off = locked(&theirs.breaking).take_if(ends_so).map(|(_, bytes)| bytes);
            Some(response)
        };
        thread::spawn(move || http::serve(&listener, HEADERS, answered));
        Ok(Self { address, shared })
    }

    /// Hangs up on whoever asks from now on.
    pub(crate) fn go_away(&self) {
        self.shared.is_gone.store(true, Ordering::Relaxed);
    }

    /// What was asked for that is not below the page's path.
    pub(crate) fn strays(&self) -> Vec<String> {
        locked(&self.shared.strays).clone()
    }

    /// Breaks off the next download of the file whose name ends so, after this many bytes.
    pub(crate) fn break_off(&self, name: &str, bytes: u64) {
        *locked(&self.shared.breaking) = Some((name.to_owned(), bytes));
    }

    /// The first bytes of the parts that were asked for so far.
    pub(crate) fn rests(&self) -> Vec<u64> {
        locked(&self.shared.rests).clone()
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_page_lies_below_its_path_until_the_host_is_gone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("index.html"), "<!doctype html>")?;
        let host = StaticHost::start(folder.path())?;
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
        let got = agent.get(&host.address).call()?;
        assert!(got.headers().get("cross-origin-opener-policy").is_none());
        assert_eq!(host.strays(), Vec::<String>::new());

        let outside = host.address.replace("figret/", "index.html");
        assert!(matches!(agent.get(&outside).call(), Err(ureq::Error::StatusCode(404))));
        assert_eq!(host.strays(), ["/index.html"]);
        host.break_off("index.html", 3);
        let broken = agent.get(format!("{}index.html", host.address)).call()?;
        assert!(broken.into_body().read_to_string().is_err());
        assert!(agent.get(&host.address).header("range", "bytes=3-").call()?.status() == 206);
        assert_eq!(host.rests(), [3]);
        host.go_away();
        let refused = agent.get(&host.address).call();
        assert!(!matches!(refused, Ok(_) | Err(ureq::Error::StatusCode(_))));
        Ok(())
    }
}
