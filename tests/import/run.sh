#!/usr/bin/env bash
# Databases that the official server of each generation has made, imported, and used on: on SQLite, and on PostgreSQL where
# PORTICO_TEST_POSTGRES_URL is given.
# Environment: PORTICO_BIN (default: the debug build), PORTICO_TEST_POSTGRES_URL, PORTICO_CACHE.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PORTICO_BIN="$(realpath -m "${PORTICO_BIN:-$here/../../target/debug/portico}")"
export PORTICO_BIN
[ -x "$PORTICO_BIN" ] || { echo "tests/import: no executable at $PORTICO_BIN: build it (cargo build) or set PORTICO_BIN" >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null \
  || { echo "tests/import: Node.js 20 or newer is needed (found: $(node --version 2>/dev/null || echo none))" >&2; exit 1; }
"$here/../client/modules.sh"
mapfile -t folders < <("$here/modules.sh")
export IMPORT_1_6="${folders[0]}" IMPORT_1_7="${folders[1]}" IMPORT_1_5="${folders[2]}" IMPORT_1_4="${folders[3]}"
exec node --test --test-reporter=spec "$here/import.test.mjs"
