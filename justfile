# The errands of this repository. `just` lists them; without just: `npx -y rust-just RECIPE`.

cache := env("PORTICO_CACHE", env("XDG_CACHE_HOME", env("HOME", "/tmp") / ".cache") / "portico")

# CI builds outside of its clone, so that the next clone finds what this one built.
export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", if env("CI", "") == "true" { cache / "target" } else { justfile_directory() / "target" })

_list:
    @"{{ just_executable() }}" --list --unsorted

# Builds and starts Portico on http://localhost:3000, with a SQLite file and secrets in ./data.
run *arguments:
    @command -v cargo >/dev/null || { echo "cargo is missing: install Rust 1.95 or newer (https://rustup.rs)" >&2; exit 1; }
    @command -v cc >/dev/null || { echo "cc is missing: install a C compiler (Debian: apt-get install build-essential)" >&2; exit 1; }
    cargo run --locked --package server --bin portico -- serve --ensure-admin {{ arguments }}

# All checks; sets up what it needs. `just test clippy rust` runs only those steps.
test *steps:
    @tests/run.sh {{ steps }}

# The tests of the workspace alone, with a throwaway PostgreSQL: `just rust transactions`.
rust *filter:
    @tests/postgres.sh run cargo test --workspace --locked --lib --bins --tests {{ filter }}

# Format and lints.
lint:
    @tests/run.sh format clippy

# Writes crates/*/openapi.json anew, from the code.
openapi:
    cargo run --locked --quiet --package server --bin portico -- openapi --write

# Writes the snapshots of error codes and event kinds anew.
snapshots:
    UPDATE_SNAPSHOTS=1 cargo test --locked --package server --test it_server contracts

# Licenses, duplicate and unwanted crates, sources.
deny:
    @tests/run.sh deny

# Known vulnerabilities; fetches the database of advisories.
advisories:
    cargo deny check advisories

# Fuzzes scim-protocol with a nightly compiler and cargo-fuzz: `just fuzz patch 600`. See fuzz/README.md.
fuzz target="patch" seconds="600":
    mkdir -p fuzz/corpus/{{ target }}
    cargo +nightly fuzz run {{ target }} fuzz/corpus/{{ target }} fuzz/seeds/{{ target }} -- -max_total_time={{ seconds }} -max_len=8192

# The end-to-end stories against the debug build.
e2e:
    @tests/run.sh build e2e

# Portico beside the published Better Auth on this machine; writes docs/benchmarks.md.
bench *arguments:
    bench/run.sh {{ arguments }}

# Starts a throwaway PostgreSQL and prints the line that makes tests use it.
postgres:
    @tests/postgres.sh start

# The image, where a container engine runs.
image:
    docker build --tag portico .
