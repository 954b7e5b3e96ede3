#!/usr/bin/env bash
# Installs the official server of each generation into the cache, with its plugins, and puts server.mjs beside it. Prints the
# folder of each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
sqlite=
for generation in 1.6 1.7 1.5 1.4; do
  from="better-auth-$generation"
  modules="${PORTICO_CACHE:-$HOME/.cache/portico}/import-$generation-$(cat "$from/package.json" "$from/package-lock.json" | sha256sum | cut -c1-16)"
  if [ ! -f "$modules/complete" ]; then
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$modules/"
    # With scripts: on a Node.js without node:sqlite, SQLite is a module that is compiled.
    npm ci --prefix "$modules" >&2
    touch "$modules/complete"
  fi
  # The older ones use the module of 1.6: it takes a minute to compile, and they are not asked for one of their own.
  sqlite=${sqlite:-$modules/node_modules/better-sqlite3}
  if [ ! -e "$modules/node_modules/better-sqlite3" ] && [ -d "$sqlite" ]; then
    ln -sfn "$sqlite" "$modules/node_modules/better-sqlite3"
  fi
  cp server.mjs "$modules/"
  echo "$modules"
done
