#!/usr/bin/env bash
# The official Better Auth client, both generations, against the real binary on SQLite and (where PORTICO_TEST_POSTGRES_URL
# is given) on PostgreSQL. `run.sh --control` runs the suite against the official server instead.
# Environment: PORTICO_BIN (default: the debug build), PORTICO_TEST_POSTGRES_URL, PORTICO_CACHE.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [ -n "${PORTICO_BIN:-}" ]; then PORTICO_BIN="$(realpath "$PORTICO_BIN")" && export PORTICO_BIN; fi
cd "$here"

node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null \
  || { echo "tests/client: Node.js 20 or newer is needed (found: $(node --version 2>/dev/null || echo none))" >&2; exit 1; }

if [ "${1:-}" = "--control" ]; then
  export CONTROL=1
else
  binary="${PORTICO_BIN:-../../target/debug/portico}"
  [ -x "$binary" ] || { echo "tests/client: no executable at $binary: build it (cargo build) or set PORTICO_BIN" >&2; exit 1; }
fi

./modules.sh
exec node --test --test-reporter=spec client.test.mjs
