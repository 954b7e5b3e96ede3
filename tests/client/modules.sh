#!/usr/bin/env bash
# Installs what tests/client and tests/differential need into the cache, and links it beside this script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The packages live in the cache under the digest of the lock file, so they are installed once per change of it.
modules="${PORTICO_CACHE:-$HOME/.cache/portico}/client-$(cat package.json package-lock.json | sha256sum | cut -c1-16)"
if [ ! -f "$modules/complete" ]; then
  rm -rf "$modules"
  mkdir -p "$modules"
  cp package.json package-lock.json .npmrc "$modules/"
  npm ci --prefix "$modules" --ignore-scripts
  touch "$modules/complete"
fi
rm -rf node_modules
ln -s "$modules/node_modules" node_modules
