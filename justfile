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
    @"{{ just_executable() }}" web || echo "The web pages could not be built: the server runs without them, and says so on them." >&2
    cargo run --locked --package server --bin portico -- serve --ensure-admin {{ arguments }}

# Builds the console, the hosted pages and the elements into web/dist, if something changed there since.
web:
    #!/usr/bin/env bash
    set -euo pipefail
    cd web 2>/dev/null || exit 0
    if ! command -v npm >/dev/null; then
        echo "Node.js is missing, so the web pages are not built: install version 20.19 or newer (https://nodejs.org). Everything else works." >&2
        exit 0
    fi
    # What is installed says by which lock file, and what is built when.
    if ! cmp -s package-lock.json node_modules/.portico-lock; then
        npm ci --no-audit --no-fund
        mkdir -p node_modules
        cp package-lock.json node_modules/.portico-lock
    fi
    built=dist/.built
    changed=$(find . \( -name node_modules -o -path ./dist \) -prune -o -type f -newer "$built" -print -quit 2>/dev/null || true)
    if [ ! -e "$built" ] || [ -n "$changed" ]; then
        npm run build
        touch "$built"
    fi

# All checks; sets up what it needs. `just test clippy rust` runs only those steps.
test *steps:
    @tests/run.sh {{ steps }}

# The tests of the workspace alone, with a throwaway PostgreSQL and Redis: `just rust transactions`.
rust *filter:
    @tests/postgres.sh run tests/redis.sh run cargo test --workspace --locked --lib --bins --tests {{ filter }}

# Format and lints.
lint:
    @tests/run.sh format clippy

# Writes crates/*/openapi.json anew, from the code.
openapi:
    cargo run --locked --quiet --package server --bin portico -- openapi --write

# The same calls to Portico and to the official Better Auth server; differences that are not meant fail it.
diff-better-auth:
    cargo build --locked --package server
    @PORTICO_BIN="$CARGO_TARGET_DIR/debug/portico" tests/differential/run.sh

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

# Pictures of the main pages into docs/images: light, dark, and as wide as a phone. By the debug build, with demo data.
screenshots:
    @tests/web/run.sh --screenshots

# Portico beside the published Better Auth on this machine; writes docs/benchmarks.md.
bench *arguments:
    bench/run.sh {{ arguments }}

# What each page weighs, and how soon it can be used on a slow laptop; writes that section of docs/benchmarks.md.
bench-web:
    @tests/web/run.sh --bench
    python3 bench/report.py bench/results/web.json docs/benchmarks.md

# Starts a throwaway PostgreSQL and prints the line that makes tests use it.
postgres:
    @tests/postgres.sh start

# Starts a throwaway Redis and prints the line that makes tests use it.
redis:
    @tests/redis.sh start

# The image, where a container engine runs.
image:
    docker build --tag portico .
