//! Looking up the TXT records by which organizations prove their domains.
//!
//! Nothing is remembered between looks: somebody who has just published a record, and asks again, is to be told what is
//! there now. Each look is made anew on the thread that asks, takes a bounded time, and few are under way at once.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use auth_core::orgs::domains::{Looking, TxtResolver, Unanswered};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};
use tokio::sync::Semaphore;

/// How long one question to one server may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often a question is asked again.
const ATTEMPTS: usize = 1;
/// How many looks may be under way at once.
const AT_ONCE: usize = 16;
/// The most bytes of a record that are kept: ours has fewer than a hundred.
const LONGEST: usize = 1024;

/// Asks the configured name servers, or those of the system.
pub struct Dns {
    servers: Vec<SocketAddr>,
    places: Semaphore,
}

impl Dns {
    /// Over these servers; over those of the system if there are none.
    #[must_use]
    pub fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, places: Semaphore::new(AT_ONCE) }
    }

    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let provider = TokioRuntimeProvider::default();
        let mut builder = if self.servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let servers = self.servers.iter().map(|server| name_server(*server)).collect();
            Resolver::builder_with_config(ResolverConfig::from_name_servers(servers), provider)
        };
        bound(builder.options_mut());
        builder.build()
    }

    async fn look(&self, name: &str) -> Result<Vec<String>, Unanswered> {
        let _place = self.places.acquire().await.map_err(|_| Unanswered)?;
        let resolver = self.resolver().map_err(|error| unanswered(name, &error))?;
        // The final dot: the name as it is, and none of the system's search domains behind it.
        match resolver.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            Err(error) => Err(unanswered(name, &error)),
        }
    }
}

impl TxtResolver for Dns {
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a> {
        Box::pin(self.look(name))
    }
}

/// A server by UDP, and by TCP for what is too large for that.
fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

fn bound(options: &mut ResolverOpts) {
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
}

/// Whether a server said that there is no such record. One that failed said nothing.
fn is_absent(error: &NetError) -> bool {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
        }
        // What is too long for a name of the DNS is nobody's.
        NetError::Proto(_) => true,
        _ => false,
    }
}

fn unanswered(name: &str, error: &NetError) -> Unanswered {
    tracing::warn!(%name, %error, "a TXT record could not be looked up");
    Unanswered
}

/// What a TXT record says, its parts joined. What is longer than any record of ours is cut.
fn text(data: &RData) -> Option<String> {
    let RData::TXT(txt) = data else { return None };
    let bytes: Vec<u8> = txt.txt_data.iter().flat_map(|part| part.iter().copied()).take(LONGEST).collect();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The address of a name server as it is configured: an address, with a port if it is not 53.
#[must_use]
pub fn server_address(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        assert_eq!(server_address("192.0.2.1"), Some("192.0.2.1:53".parse().unwrap()));
        assert_eq!(server_address("192.0.2.1:5353"), Some("192.0.2.1:5353".parse().unwrap()));
        assert_eq!(server_address("2001:db8::1"), Some("[2001:db8::1]:53".parse().unwrap()));
        assert_eq!(server_address("dns.example"), None);
    }
}
