#!/usr/bin/env bash
# The project's own end-to-end stories against the real binary, on SQLite and (where PORTICO_TEST_POSTGRES_URL is given) on
# PostgreSQL. Needs Python 3.11 and nothing besides. `run.sh NAME...` tells only those stories.
# Environment: PORTICO_BIN (default: the debug build), PORTICO_TEST_POSTGRES_URL.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PYTHONDONTWRITEBYTECODE=1 exec "${PYTHON:-python3}" "$here/main.py" "$@"
