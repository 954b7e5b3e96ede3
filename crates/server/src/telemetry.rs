//! The log: lines on the error output, for people or as JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Log, LogFormat};

/// Starts logging as configured. A second call in the same process changes nothing.
pub fn start(log: &Log) {
    let mut directives = log.filter.clone();
    if !log.requests && !directives.contains("http=") {
        // The target under which api-kit logs each request; what went wrong is logged all the same.
        directives.push_str(",http=warn");
    }
    // Anybody can send what is no HTTP, or no answer of a passkey; that is not an error of ours.
    directives.push_str(",actix_http::h1::dispatcher=off,webauthn_rs_core=off");
    let filter = EnvFilter::builder().parse_lossy(directives);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let started = if json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.try_init()
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log had been started before");
    }
}
