//! The Redis in which replicas count together.

use std::time::Duration;

use auth_core::secret::Secret;

use super::Redis;
use super::read::Reader;

/// The server, if there is one.
pub(super) fn options(r: &mut Reader<'_>) -> Option<Redis> {
    let options = Redis {
        url: Secret::new(r.optional("redis.url").unwrap_or_default()),
        prefix: r.text("redis.prefix"),
        timeout: Duration::from_millis(r.number("redis.timeout_ms", 10, 10_000)),
    };
    if options.prefix.len() > 64 || options.prefix.contains(|c: char| c.is_whitespace() || c.is_control()) {
        r.fault("redis.prefix", "it cannot begin a key".to_owned(), "write at most 64 characters, such as portico:");
    }
    if options.url.expose().is_empty() {
        return None;
    }
    if crate::redis::Redis::new(&options).is_err() {
        // The URL may hold a password: it is not repeated.
        r.fault(
            "redis.url",
            "it is not the address of a Redis".to_owned(),
            "write redis://user:password@host:6379/0, or rediss:// for TLS",
        );
    }
    Some(options)
}
