# shellcheck shell=bash
# venv NAME REQUIREMENTS: prints the path of a Python environment with exactly those packages. It lives in the
# cache folder under a name that holds the digest of the requirements, so it is made once per change of them.
venv() {
  local cache="${PORTICO_CACHE:-${HOME}/.cache/portico}" python="${PYTHON:-python3}" digest place
  digest="$({ "$python" -V; cat "$2"; } | sha256sum | cut -c1-16)"
  place="$cache/venv-$1-$digest"
  if [ ! -f "$place/complete" ]; then
    rm -rf "$place"
    mkdir -p "$cache"
    "$python" -m venv "$place" >&2 || {
      echo "$python cannot make a virtual environment: install python3-venv (Debian: apt-get install python3-venv)" >&2
      return 1
    }
    "$place/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$2" >&2
    touch "$place/complete"
  fi
  printf '%s\n' "$place"
}
