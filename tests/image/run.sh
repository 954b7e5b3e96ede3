#!/usr/bin/env bash
# Dockerfile and docker-compose.yml, checked as far as that goes without a container engine: their form, that what
# they copy, call and configure exists. Where an engine runs, `just image` builds for real.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=../support/venv.sh
source "$here/../support/venv.sh"
place="$(venv image "$here/requirements.txt")"
PYTHONDONTWRITEBYTECODE=1 exec "$place/bin/python" "$here/check.py"
