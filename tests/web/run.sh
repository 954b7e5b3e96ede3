#!/usr/bin/env bash
# The web: format and lints, types, unit tests, build, size budgets, the pages as a release carries them, the SDK as it is
# installed, then the stories in a real browser against the real binary on SQLite. `run.sh STORY...` tells only those
# stories, and nothing before them but the build. `--screenshots` makes the pictures of docs/images instead, `--bench` measures the pages
# (bench/results/web.json; TIMES is how often).
# Environment: PORTICO_BIN (default: the debug build), PORTICO_CACHE, CHROMIUM (default: Debian's).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
if [ -n "${PORTICO_BIN:-}" ]; then PORTICO_BIN="$(realpath "$PORTICO_BIN")"; else PORTICO_BIN="$root/target/debug/portico"; fi
export PORTICO_BIN npm_config_update_notifier=false
cache="${PORTICO_CACHE:-$HOME/.cache/portico}"

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
  || { echo "tests/web: Node.js 20.19 or newer is needed (found: $(node --version 2>/dev/null || echo none))" >&2; exit 1; }
[ -x "$PORTICO_BIN" ] || { echo "tests/web: no executable at $PORTICO_BIN: build it (cargo build) or set PORTICO_BIN" >&2; exit 1; }

# Debian's Chromium, as a person would have it; nothing is downloaded from elsewhere.
browser() { [ -x "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }
if ! browser && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "tests/web: installing chromium"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >/dev/null 2>&1 || true
fi
browser || { echo "tests/web: Chromium is missing: install it (Debian: apt-get install chromium) or set CHROMIUM" >&2; exit 1; }

# The packages live in the cache under the digest of their lock file, so they are installed once per change of it. What
# is in use is a copy by hard links: workspaces are linked into it relative to where it lies.
install() { # folder
  local folder=$1 digest kept
  digest=$(cd "$folder" && find . -name node_modules -prune -o -name dist -prune -o \( -name package.json -o -name package-lock.json \) -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-16)
  [ "$(cat "$folder/node_modules/.portico" 2>/dev/null)" != "$digest" ] || return 0
  kept="$cache/web-$(basename "$folder")-$digest"
  rm -rf "$folder/node_modules"
  if [ ! -f "$kept/complete" ]; then
    (cd "$folder" && npm ci --ignore-scripts --no-fund --no-audit)
    rm -rf "$kept"
    mkdir -p "$kept"
    cp -a "$folder/node_modules" "$kept/" && touch "$kept/complete"
  else
    cp -al "$kept/node_modules" "$folder/" 2>/dev/null || { rm -rf "$folder/node_modules"; cp -a "$kept/node_modules" "$folder/"; }
  fi
  echo "$digest" >"$folder/node_modules/.portico"
}
install "$root/web"
install "$root/examples/portal-react"

# A release carries the pages inside, a debug build reads them. Here the debug build is made once more as a release is in
# this alone, which costs the server's own crate and no more; then the usual one is what lies there again.
embedded() {
  command -v cargo >/dev/null || { echo "cargo is missing: install Rust (https://rustup.rs)" >&2; return 1; }
  local kept target status=0 build=(cargo build --locked --quiet --workspace --bins --manifest-path "$root/Cargo.toml")
  local inside=(--config profile.dev.package.server.debug-assertions=false)
  # What it is generated for is asked there too.
  inside+=(--config profile.dev.package.rust-embed.debug-assertions=false)
  target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')
  kept=$(mktemp -d)
  (cd "$root" && "${build[@]}" "${inside[@]}") && cp "$target/debug/portico" "$kept/" || status=1
  (cd "$root" && "${build[@]}") || status=1
  # Not where a debug build would find them.
  if [ "$status" -eq 0 ]; then
    mv "$root/web/dist" "$kept/dist"
    node "$here/embedded.mjs" "$kept/portico" "$kept/dist" || status=1
    mv "$kept/dist" "$root/web/dist"
  fi
  rm -rf "$kept"
  return "$status"
}

passed=0 failed=0
step() { # name, command...
  local name=$1
  shift
  printf '\n--- web: %s\n' "$name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "web: $name failed"; fi
}

cd "$root/web"
case "${1:-}" in
  --screenshots) config=screenshots.config.ts ;;
  --bench) config=bench.config.ts ;;
  *) config="" ;;
esac
if [ -n "$config" ]; then
  npm run --silent build
  cd e2e
  exec npx --no-install playwright test -c "$config"
fi
if [ $# -eq 0 ]; then
  step "format and lints" npx --no-install biome check .
  step "types" npm run --silent typecheck --workspaces --if-present
  step "types of the React portal" npm run --silent typecheck --prefix "$root/examples/portal-react"
  step "unit tests" npx --no-install vitest run
fi
step "build" npm run --silent build
if [ $# -eq 0 ]; then
  step "sizes" node scripts/sizes.mjs
  step "pages in the binary" embedded
  step "the SDK, installed" node packages/sdk/scripts/consume.mjs
fi

# The stories count one by one.
printf '\n--- web: stories\n'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
(cd e2e && npx --no-install playwright test "$@") 2>&1 | tee "$log" || failed_run=1
count() { sed -nE "s/^ +([0-9]+) $1( .*)?$/\1/p" "$log" | tail -n 1; }
told=$(count passed) broken=$(count failed) flaky=$(count flaky) untold=$(count "did not run")
passed=$((passed + ${told:-0}))
failed=$((failed + ${broken:-0} + ${flaky:-0} + ${untold:-0}))
# A run that ended before it could count, or told nothing, has not passed.
if { [ -n "${failed_run:-}" ] && [ $((${broken:-0} + ${untold:-0})) -eq 0 ]; } || [ "${told:-0}" -eq 0 ]; then failed=$((failed + 1)); fi

printf '\nweb: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
