#!/usr/bin/env bash
# schemathesis (PyPI) against the OpenAPI documents of the real binary, on SQLite. `run.sh auth|scim|admin` tests only those.
# Environment: PORTICO_BIN (default: the debug build), PORTICO_CACHE, SCHEMATHESIS_EXAMPLES (drawn requests an operation),
# SCHEMATHESIS_MINUTES (limit for one document).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=../support/venv.sh
source "$here/../support/venv.sh"
place="$(venv schemathesis "$here/requirements.txt")"
PYTHONDONTWRITEBYTECODE=1 exec "$place/bin/python" "$here/judge.py" "$@"
