//! `portico health`: asks the instance of this configuration whether it is ready, for a container's health check.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::CommandError;
use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn run(config: &Config) -> Result<(), CommandError> {
    let unready = |problem: String| CommandError::Other(format!("{} is not ready: {problem}", config.server.listen));
    let answer = ask(&config.server.listen).map_err(|error| unready(error.to_string()))?;
    let line = answer.lines().next().unwrap_or_default();
    if line.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(unready(line.to_owned())) }
}

fn ask(listen: &str) -> std::io::Result<String> {
    // Who listens on every address is reached through the loopback.
    let place = listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
    let address = place.to_socket_addrs()?.next().ok_or_else(|| std::io::Error::other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nhost: {place}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    Ok(answer)
}
