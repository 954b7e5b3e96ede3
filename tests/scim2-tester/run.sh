#!/usr/bin/env bash
# scim2-tester and scim2-cli (PyPI) against /scim/v2 of the real binary, on SQLite and (where PORTICO_TEST_POSTGRES_URL is
# given) on PostgreSQL. Environment: PORTICO_BIN (default: the debug build), PORTICO_TEST_POSTGRES_URL, PORTICO_CACHE.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=../support/venv.sh
source "$here/../support/venv.sh"
place="$(venv scim2-tester "$here/requirements.txt")"
PYTHONDONTWRITEBYTECODE=1 exec "$place/bin/python" "$here/judge.py"
