//! What the page asked for over the network, read from the browser's own log: nothing but its own host and those
//! that the person named.
//!
//! The browser itself asks hosts of its maker for this and that. Chromium's log tells who began a request, and only
//! those begun by the page count; Firefox's does not, so there its maker's hosts are left out.

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use super::webdriver::Kind;

/// Firefox asks these on its own account.
const OF_MOZILLA: [&str; 4] = ["mozilla.org", "mozilla.com", "mozilla.net", "firefox.com"];

/// Fails if a request that the page or its worker began went to another origin than its own and those in `permitted`.
///
/// `log` is Chromium's network log, one event a line, or Firefox's; origins end without a slash.
///
/// # Errors
/// Such requests are named; a log without any request of the page is an error, too.
pub(super) fn check(kind: Kind, log: &str, origin: &str, permitted: &[String]) -> Result<()> {
    let is_of = |url: &str, origin: &str| url.strip_prefix(origin).is_some_and(|path| path.starts_with('/'));
    let urls = match kind {
        Kind::Chromium => requests_of(log, origin),
        Kind::Firefox => requests_of_firefox(log),
    };
    ensure!(urls.iter().any(|url| is_of(url, origin)), "the network log holds no request of {origin}");
    let is_known = |url: &str| is_of(url, origin) || permitted.iter().any(|origin| is_of(url, origin));
    let foreign: Vec<_> = urls.iter().filter(|url| !is_known(url)).map(String::as_str).collect();
    if !foreign.is_empty() {
        bail!("the page asked other hosts: {}", foreign.join(", "));
    }
    let of_model = urls.iter().filter(|url| url.contains("/models/")).count();
    eprintln!("e2e:   {} requests, {of_model} of them for the model, to hosts that it may ask", urls.len());
    Ok(())
}

/// Network addresses that were asked for; `blob:` and `data:` never leave the browser.
fn requests_of(log: &str, origin: &str) -> Vec<String> {
    let events =
        log.lines().filter_map(|line| serde_json::from_str::<Value>(line.trim_end_matches(',')).ok());
    let own = events.filter(|event| event["params"]["initiator"] == origin);
    let urls = own.filter_map(|event| event["params"]["url"].as_str().map(str::to_owned));
    urls.filter(|url| !url.starts_with("blob:") && !url.starts_with("data:")).collect()
}

/// Network addresses that anything but Firefox itself asked for.
fn requests_of_firefox(log: &str) -> Vec<String> {
    let urls = log.lines().filter_map(|line| Some(line.split_once("E/nsHttp uri=")?.1.trim().to_owned()));
    urls.filter(|url| !is_of_mozilla(url)).collect()
}

fn is_of_mozilla(url: &str) -> bool {
    let host =
        url.split("://").nth(1).and_then(|rest| rest.split(['/', ':', '?']).next()).unwrap_or_default();
    let is_below =
        |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    OF_MOZILLA.iter().any(|domain| is_below(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"{"constants": {},
"events": [
{"params":{"initiator":"http://127.0.0.1:80","url":"http://127.0.0.1:80/www/main.js"},"type":2},
{"params":{"initiator":"http://127.0.0.1:80","url":"blob:http://127.0.0.1:80/1"},"type":2},
{"params":{"initiator":"not an origin","url":"https://update.example.org/"},"type":2},
{"type":3},
"#;

    #[test]
    fn the_browsers_own_requests_do_not_count() -> Result<()> {
        check(Kind::Chromium, LOG, "http://127.0.0.1:80", &[])
    }

    #[test]
    fn a_foreign_host_is_named() {
        let foreign = r#"{"params":{"initiator":"http://127.0.0.1:80","url":"http://127.0.0.1:8080/x"}},"#;
        let log = format!("{LOG}{foreign}\n");
        let permitted = ["http://127.0.0.1:8080".to_owned()];
        assert!(check(Kind::Chromium, &log, "http://127.0.0.1:80", &permitted).is_ok());
        let told = check(Kind::Chromium, &log, "http://127.0.0.1:80", &[]);
        assert!(told.is_err_and(|error| error.to_string().ends_with("http://127.0.0.1:8080/x")));
    }

    #[test]
    fn an_empty_log_proves_nothing() {
        assert!(check(Kind::Chromium, LOG, "http://127.0.0.1:81", &[]).is_err());
    }

    const LOG_OF_FIREFOX: &str = "\
[Parent 1: Main Thread]: E/nsHttp uri=http://127.0.0.1:80/www/main.js
[Parent 1: Main Thread]: E/nsHttp uri=https://firefox.settings.services.mozilla.com/v1/
[Parent 1: Main Thread]: D/nsHttp Preparing to write data into the cache
";

    #[test]
    fn hosts_of_mozilla_do_not_count_in_firefox() {
        let own = "http://127.0.0.1:80";
        assert_eq!(requests_of_firefox(LOG_OF_FIREFOX), ["http://127.0.0.1:80/www/main.js"]);
        assert!(check(Kind::Firefox, LOG_OF_FIREFOX, own, &[]).is_ok());
        assert!(check(Kind::Firefox, LOG_OF_FIREFOX, "http://127.0.0.1:81", &[]).is_err());
        for host in ["127.0.0.1:8080", "notmozilla.org", "mozilla.org.example"] {
            let log = format!("{LOG_OF_FIREFOX}[Parent 1: Main Thread]: E/nsHttp uri=http://{host}/x\n");
            let told = check(Kind::Firefox, &log, own, &[]);
            assert!(told.is_err_and(|error| error.to_string().ends_with(&format!("http://{host}/x"))));
        }
    }
}
