//! The self-test of an instance: the black-box checks of SCIM, through its own listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use api_kit::self_test::{Outcome, SelfTest};
use auth_core::clock::SystemChance;
use auth_core::secret::random_text;
use scim_conformance::{Credential, Format, Limits, Options, Target};

/// How long the checks may take, and how long the cleaning up after them: together less than a minute.
const CHECKS: Duration = Duration::from_secs(50);
const CLEANUP: Duration = Duration::from_secs(8);

/// An instance that is reached where it listens.
pub struct Loopback {
    base_url: String,
    shown: String,
}

impl Loopback {
    /// The instance that listens there and is known as `public_url`.
    #[must_use]
    pub fn new(mut address: SocketAddr, public_url: &str) -> Self {
        // Who listens on every address is reached through the loopback.
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        Self { base_url: format!("http://{address}/scim/v2"), shown: format!("{public_url}/scim/v2") }
    }
}

impl SelfTest for Loopback {
    fn run(&self, token: &str) -> Outcome {
        let target = Target::new(&self.base_url, Credential::Bearer(token.to_owned()));
        let shown = self.shown.clone();
        Box::pin(async move {
            let target = target.map_err(|error| error.to_string())?;
            let mut options = Options::new(random_text(&SystemChance, 8).to_lowercase());
            options.limits = Limits { time: CHECKS, cleanup: CLEANUP, ..Limits::default() };
            let mut report = scim_conformance::run(target, options).await?;
            report.base_url = shown;
            serde_json::from_str(&report.render(Format::Json)).map_err(|error| error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_reached_where_it_listens() {
        let at = |address: &str| Loopback::new(address.parse().unwrap(), "https://id.example").base_url;
        assert_eq!(at("0.0.0.0:3000"), "http://127.0.0.1:3000/scim/v2");
        assert_eq!(at("[::]:3000"), "http://[::1]:3000/scim/v2");
        assert_eq!(at("10.0.0.1:80"), "http://10.0.0.1:80/scim/v2");
    }
}
