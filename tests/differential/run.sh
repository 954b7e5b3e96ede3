#!/usr/bin/env bash
# The same calls to Portico and to the official server of both generations: whatever is told otherwise must be on the list
# of what is meant (deliberate.mjs). On SQLite, and on PostgreSQL where PORTICO_TEST_POSTGRES_URL is given.
# Environment: PORTICO_BIN (default: the debug build), PORTICO_TEST_POSTGRES_URL, PORTICO_CACHE.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PORTICO_BIN="$(realpath -m "${PORTICO_BIN:-$here/../../target/debug/portico}")"
export PORTICO_BIN
[ -x "$PORTICO_BIN" ] || { echo "tests/differential: no executable at $PORTICO_BIN: build it (cargo build) or set PORTICO_BIN" >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null \
  || { echo "tests/differential: Node.js 20 or newer is needed (found: $(node --version 2>/dev/null || echo none))" >&2; exit 1; }
"$here/../client/modules.sh"
exec node "$here/differential.mjs"
