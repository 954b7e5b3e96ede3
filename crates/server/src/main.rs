//! The binary `portico`. What it does is in the library beside it.

use std::process::ExitCode;

use clap::Parser as _;
use server::commands::Cli;

/// Small and fast with many threads; the default allocator keeps more than it gives back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::commands::main(Cli::parse())
}
