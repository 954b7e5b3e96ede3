#!/usr/bin/env bash
# Measures Portico's release build beside the published Better Auth on this machine and writes docs/benchmarks.md.
# All parts take well over an hour; see --help for one alone. Environment: PORTICO_CACHE, PORTICO_BIN (default: built here).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/.."

case "${1:-}" in -h | --help) exec python3 "$here/main.py" --help ;; esac

need() {
  command -v "$1" >/dev/null || { echo "bench: $1 is missing: $2" >&2; exit 1; }
}
need cargo "install Rust"
need node "install Node.js 20 or newer"
need npm "install npm"
need python3 "install Python 3.11 or newer"
if ! command -v wrk >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q >&2 && apt-get install -y -q wrk >&2
  fi
  need wrk "install wrk (Debian: apt-get install wrk)"
fi

if [ -z "${PORTICO_BIN:-}" ]; then
  cargo build --release --locked -p server
  export PORTICO_BIN="$PWD/target/release/portico"
fi
cargo build --release --locked --manifest-path bench/argon2-rate/Cargo.toml --target-dir target/bench-argon2

modules="${PORTICO_CACHE:-$HOME/.cache/portico}/bench-peer-$(cat bench/peer/package.json bench/peer/package-lock.json | sha256sum | cut -c1-16)"
if [ ! -f "$modules/complete" ]; then
  rm -rf "$modules"
  mkdir -p "$modules"
  cp bench/peer/package.json bench/peer/package-lock.json bench/peer/.npmrc "$modules/"
  # better-sqlite3 is fetched built, or else compiled here: that takes a C++ compiler and minutes.
  npm ci --prefix "$modules"
  touch "$modules/complete"
fi

# The databases must lie on a real disk, or durability would cost nothing.
mkdir -p target/bench
export TMPDIR="$PWD/target/bench" BENCH_PEER_MODULES="$modules" PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/main.py" "$@"
