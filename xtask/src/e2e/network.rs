//! What the page asked for over the network, read from the browser's own log: nothing but its own host and those
//! that the person named.
//!
//! The browser itself asks hosts of its maker for this and that; only requests begun by the page count.

use anyhow::{Result, bail, ensure};
use serde_json::Value;

/// Fails if a request that the page or its worker began went to another origin than its own and those in `permitted`.
///
/// `log` is Chromium's network log, one event a line; origins end without a slash.
///
/// # Errors
/// Such requests are named; a log without any request of the page is an error, too.
pub(super) fn check(log: &str, origin: &str, permitted: &[String]) -> Result<()> {
    let urls = requests_of(log, origin);
    ensure!(!urls.is_empty(), "the network log holds no request of {origin}");
    let is_of = |url: &str, origin: &str| url.strip_prefix(origin).is_some_and(|path| path.starts_with('/'));
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
        check(LOG, "http://127.0.0.1:80", &[])
    }

    #[test]
    fn a_foreign_host_is_named() {
        let foreign = r#"{"params":{"initiator":"http://127.0.0.1:80","url":"http://127.0.0.1:8080/x"}},"#;
        let log = format!("{LOG}{foreign}\n");
        let permitted = ["http://127.0.0.1:8080".to_owned()];
        assert!(check(&log, "http://127.0.0.1:80", &permitted).is_ok());
        let told = check(&log, "http://127.0.0.1:80", &[]);
        assert!(told.is_err_and(|error| error.to_string().ends_with("http://127.0.0.1:8080/x")));
    }

    #[test]
    fn an_empty_log_proves_nothing() {
        assert!(check(LOG, "http://127.0.0.1:81", &[]).is_err());
    }
}
