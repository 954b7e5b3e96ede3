#!/usr/bin/env bash
# All checks, in the order in which they are cheap: `just test` is this script. Goes on after a failed step, tells
# the closing lines of each at the end, and exits with 0 only if every step passed.
#
# What it needs it sets up itself, below one cache folder (PORTICO_CACHE, by default ~/.cache/portico): a throwaway
# PostgreSQL and Redis, npm packages, Python environments, cargo-deny. `tests/run.sh STEP...` runs only those steps.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PORTICO_CACHE=${PORTICO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portico}
mkdir -p "$PORTICO_CACHE"
export npm_config_cache=${npm_config_cache:-$PORTICO_CACHE/npm} PIP_CACHE_DIR=${PIP_CACHE_DIR:-$PORTICO_CACHE/pip}
export PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
deny_version=0.20.2

# PostgreSQL and Redis are around everything that may want them.
if [ -z "${PORTICO_TEST_INSIDE:-}" ]; then
    PORTICO_TEST_INSIDE=1 exec tests/postgres.sh run tests/redis.sh run "$0" "$@"
fi

need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: $2" >&2; missing=1; }
}
missing=
need cargo "install Rust 1.95 or newer (https://rustup.rs)"
need cc "install a C compiler (Debian: apt-get install build-essential)"
need node "install Node.js 20 or newer (https://nodejs.org)"
need npm "it comes with Node.js (Debian: apt-get install npm)"
need python3 "install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"
if command -v rustc >/dev/null && [ "$(printf '%s\n1.95.0\n' "$(rustc --version | cut -d' ' -f2)" | sort -V | head -n 1)" != 1.95.0 ]; then
    echo "$(rustc --version) is too old: install Rust 1.95 or newer (rustup update stable)" >&2
    missing=1
fi
if command -v node >/dev/null && ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then
    echo "Node.js $(node --version) is too old: install version 20 or newer" >&2
    missing=1
fi
if command -v python3 >/dev/null && ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    # Debian keeps ensurepip in a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null 2>&1
    fi
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "python3 is older than 3.11 or cannot make virtual environments (Debian: apt-get install python3-venv)" >&2
        missing=1
    }
fi
[ -z "$missing" ] || exit 1

format() { cargo fmt --all --check; }
clippy() { cargo clippy --workspace --all-targets --locked -- -D warnings; }

# Licenses, duplicate and unwanted crates, sources. The database of advisories is not fetched here: `just advisories`.
deny() {
    local deny
    deny=$(command -v cargo-deny) || deny=$PORTICO_CACHE/bin/cargo-deny
    if [ ! -x "$deny" ]; then
        echo "cargo-deny is installed into $PORTICO_CACHE once; it takes some minutes"
        CARGO_TARGET_DIR=$PORTICO_CACHE/cargo-deny-build cargo install --quiet --locked --root "$PORTICO_CACHE" "cargo-deny@$deny_version" || return 1
        rm -rf "$PORTICO_CACHE/cargo-deny-build"
    fi
    "$deny" --locked check bans licenses sources
}

build() { cargo build --locked --workspace --bins; }

rust() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked
    else
        cargo test --workspace --locked --lib --bins --tests
    fi
}

image() { tests/image/run.sh; }
client() { tests/client/run.sh; }
differential() { tests/differential/run.sh; }
import() { tests/import/run.sh; }
scim2_tester() { tests/scim2-tester/run.sh; }
schemathesis() { tests/schemathesis/run.sh; }
e2e() { tests/e2e/run.sh; }
web() { tests/web/run.sh; }

PORTICO_BIN=${PORTICO_BIN:-$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/portico}
export PORTICO_BIN

logs=$(mktemp -d "${TMPDIR:-/tmp}/portico-test.XXXXXX")
trap 'rm -rf "$logs"' EXIT
steps=("$@")
[ $# -gt 0 ] || steps=(format clippy deny build rust image client differential import scim2_tester schemathesis e2e web)
passed=() failed=()
for step in "${steps[@]}"; do
    printf '\n=== %s\n' "$step"
    begun=$SECONDS
    if "$step" 2>&1 | tee "$logs/$step"; then passed+=("$step"); else failed+=("$step"); fi
    echo "--- $step took $((SECONDS - begun)) s"
done

for step in "${steps[@]}"; do
    printf '\n=== the last lines of %s\n' "$step"
    tail -n 6 "$logs/$step"
done
echo
[ ${#failed[@]} -eq 0 ] || echo "failed: ${failed[*]}"
echo "steps: ${#passed[@]} passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ]
