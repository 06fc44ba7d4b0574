//! Just enough of HTTP/1.1 for one browser on the same machine: GET and HEAD, kept connections, a thread for each.
//!
//! Every answer tells its length, which the page's progress bar needs; nothing is read but the request's head.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A browser's head of a request is about half a kilobyte.
const HEAD_LIMIT_BYTES: u64 = 32 * 1024;

/// A connection on which nothing is asked for so long is closed.
const IDLE: Duration = Duration::from_secs(120);

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Such as GET.
    pub(super) method: String,
    /// Path and query as they were sent.
    pub(super) target: String,
    /// The first byte that is wanted, of a request for the rest of a file.
    pub(super) from: Option<u64>,
    /// Whether the connection stays open after the answer.
    is_kept: bool,
}

/// What is answered.
pub(super) struct Response {
    /// Status code and its name.
    pub(super) status: &'static str,
    /// Media type of the body.
    pub(super) content_type: &'static str,
    /// The body.
    pub(super) body: Body,
    /// Whether the connection ends after so many bytes of the body, as it does when it breaks off.
    pub(super) breaks_off: Option<u64>,
}

/// What an answer brings.
pub(super) enum Body {
    /// A short text.
    Text(String),
    /// A file and its size in bytes.
    File(File, u64),
    /// The rest of a file: from this byte on, of so many.
    Rest(File, u64, u64),
}

impl Body {
    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(_, size) => *size,
            Self::Rest(_, from, size) => size - from,
        }
    }
}

/// Answers every connection until the listener fails; `answer` is called on the connection's thread, and without an
/// answer the connection ends.
pub(super) fn serve(
    listener: &TcpListener,
    headers: &'static str,
    answer: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
) {
    let answer = Arc::new(answer);
    for connection in listener.incoming().flatten() {
        let answer = Arc::clone(&answer);
        thread::spawn(move || {
            // The one who asked has hung up; there is nobody to tell.
            let _hung_up = converse(&connection, headers, answer.as_ref());
        });
    }
}

fn converse(
    connection: &TcpStream,
    headers: &str,
    answer: &dyn Fn(&Request) -> Option<Response>,
) -> io::Result<()> {
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(IDLE))?;
    let mut reader = BufReader::new(connection);
    while let Some(request) = read_request(&mut reader)? {
        let Some(response) = answer(&request) else { break };
        let is_broken_off = response.breaks_off.is_some();
        write_response(connection, &request, headers, response)?;
        if !request.is_kept || is_broken_off {
            break;
        }
    }
    Ok(())
}

/// The next request's head; nothing when the connection has ended, or what came is no request.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = reader.take(HEAD_LIMIT_BYTES);
    let mut first = String::new();
    head.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
        return Ok(None);
    };
    // A body would be taken for the next request, so what may have one ends the connection.
    let mut is_kept = ["GET", "HEAD"].contains(&method);
    let mut from = None;
    let mut line = String::new();
    loop {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return Ok(Some(Request { method: method.into(), target: target.into(), from, is_kept }));
        }
        from = from.or_else(|| rest_from(&line));
        is_kept &= !(line.starts_with("connection:") && line.ends_with("close"));
    }
}

/// The first byte of a `Range` that asks for the rest of a file; other ranges may be answered by the whole.
fn rest_from(line: &str) -> Option<u64> {
    line.strip_prefix("range:")?.trim().strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn write_response(
    mut connection: &TcpStream,
    request: &Request,
    headers: &str,
    response: Response,
) -> io::Result<()> {
    let size = response.body.size();
    let (status, content_type) = (response.status, response.content_type);
    let connection_header = if request.is_kept { "keep-alive" } else { "close" };
    let range = match response.body {
        Body::Rest(_, from, whole) => format!("Content-Range: bytes {from}-{}/{whole}\r\n", whole - 1),
        Body::Text(_) | Body::File(..) => String::new(),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n{range}\
         Accept-Ranges: bytes\r\nConnection: {connection_header}\r\n{headers}\r\n"
    );
    connection.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    let most = response.breaks_off.unwrap_or(u64::MAX);
    match response.body {
        Body::Text(text) => connection.write_all(text.as_bytes()),
        // A file that grows meanwhile must not run into the next answer.
        Body::File(file, size) => io::copy(&mut file.take(size.min(most)), &mut connection).map(drop),
        Body::Rest(mut file, from, size) => {
            file.seek(SeekFrom::Start(from))?;
            io::copy(&mut file.take((size - from).min(most)), &mut connection).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Request> {
        read_request(&mut text.as_bytes()).ok().flatten()
    }

    #[test]
    fn heads_are_read() {
        let request = |method: &str, target: &str, is_kept| {
            Some(Request { method: method.into(), target: target.into(), from: None, is_kept })
        };
        assert_eq!(read("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"), request("GET", "/a?b", true));
        assert_eq!(read("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"), request("HEAD", "/", false));
        assert_eq!(read("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"), request("POST", "/", false));
    }

    #[test]
    fn the_rest_of_a_file_may_be_asked_for() {
        let from =
            |range: &str| read(&format!("GET / HTTP/1.1\r\nRange: {range}\r\n\r\n")).and_then(|r| r.from);
        assert_eq!(from("bytes=500-"), Some(500));
        for other in ["bytes=0-499", "bytes=-500", "bytes=1-2, 5-", "lines=5-", "bytes=x-"] {
            assert_eq!(from(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_whole_head_is_no_request() {
        for text in ["", "\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/3\r\n\r\n"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        let endless = format!("GET / HTTP/1.1\r\nCookie: {}\r\n\r\n", "x".repeat(40_000));
        assert_eq!(read(&endless), None);
    }
}
