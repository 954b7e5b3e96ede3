#!/usr/bin/env bash
# Installs what tests/client and tests/differential need into the cache, and links it beside this script: what is needed
# beside the official client and server, and these for each generation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for folder in . better-auth-1.6 better-auth-1.7; do
  # The packages live in the cache under the digest of the lock file, so they are installed once per change of it.
  modules="${PORTICO_CACHE:-$HOME/.cache/portico}/client-$(cat "$folder/package.json" "$folder/package-lock.json" | sha256sum | cut -c1-16)"
  if [ ! -f "$modules/complete" ]; then
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$folder/package.json" "$folder/package-lock.json" "$folder/.npmrc" "$modules/"
    npm ci --prefix "$modules" --ignore-scripts
    touch "$modules/complete"
  fi
  rm -rf "$folder/node_modules"
  ln -s "$modules/node_modules" "$folder/node_modules"
done
