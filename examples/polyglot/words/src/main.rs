//! Words says numbers as people do: GET /21 answers "twenty-first". It needs
//! nothing but the standard library, so it is built without a network.

mod ordinal;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use std::{env, process, thread};

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest line of a request that is read.
const LONGEST: u64 = 8 << 10;

fn main() {
    let port = env::var("PORT").unwrap_or_default();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap_or_else(|err| {
        eprintln!("words cannot listen on port {port:?}: {err}");
        process::exit(1);
    });
    println!("words on port {port}");
    for stream in listener.incoming() {
        thread::spawn(move || {
            if let Err(err) = stream.and_then(serve) {
                eprintln!("a request was lost: {err}");
            }
        });
    }
}

/// Answers one request, and closes.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(LONGEST));
    let mut request = String::new();
    if lines.read_line(&mut request)? == 0 {
        return Ok(()); // somebody wanted to know whether anybody listens
    }
    // The headers are read and of no interest: who closes before, resets.
    let mut header = String::new();
    while lines.read_line(&mut header)? > 2 {
        header.clear();
    }
    let (status, body) = match answer(&request) {
        Some(words) => ("200 OK", words),
        None => (
            "404 Not Found",
            "ask for /NUMBER, up to 999999\n".to_string(),
        ),
    };
    println!("{} {}", request.trim_end(), body.trim_end());
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The words for the number that a request's first line asks for.
fn answer(request: &str) -> Option<String> {
    let mut parts = request.split_whitespace();
    if parts.next() != Some("GET") {
        return None;
    }
    let number = parts.next()?.strip_prefix('/')?.parse().ok()?;
    ordinal::of(number)
}
