"""Puts docs/benchmarks.md together from the figures of the parts. What was not measured is left out."""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from postgres import programs

TITLES = {
    "get-session": "`GET /api/auth/get-session`",
    "scim-get": "SCIM `GET /Users/{id}`",
    "scim-filter": "SCIM `GET /Users?filter=userName eq`",
    "first-page": "SCIM `GET /Users?count=100`, first page",
    "cursor-page": "the same by cursor",
    "deep-page": "the same, last `startIndex`",
    "scim-post": "SCIM `POST /Users`",
    "scim-patch": "SCIM `PATCH` active off, on",
    "member-add": "SCIM `PATCH` of a group, one member more",
    "sign-in": "`POST /api/auth/sign-in/email`",
}
WAYS = {
    "session-of-many": "`GET /api/auth/get-session`, one of all the sessions",
    "api-key": "the same with an API key that stands for a session",
    "jwt": "`GET /api/auth/token` (JWT, EdDSA)",
    "magic-link": "`GET /api/auth/magic-link/verify`",
    "sign-up": "`POST /api/auth/sign-up/email`",
}
WAYS_TARGETS = {"session-of-many": 40, "api-key": 40, "jwt": 40}
TARGETS = {"get-session": 25, "scim-get": 25, "scim-filter": 25, "scim-post": 20, "scim-patch": 20}
LARGE, LARGE_TARGETS = "100000", {"scim-filter": 500, "scim-post": 150}
GROWTH, DEEP_MS = 1.5, 100
# How far medians lie apart of what takes alike: what is measured, not what is done.
ALIKE = 1.05

def version(*command):
    try:
        text = subprocess.run(command, capture_output=True, text=True).stdout + subprocess.run(command, capture_output=True, text=True).stderr
    except OSError:
        return "none"
    found = re.search(r"\d+\.\d+[\w.+-]*", text)
    return found.group(0) if found else "unknown"


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", info)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 1024**2
    kernel = re.match(r"[\d.]+", platform.release())
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "kernel": f"Linux {kernel.group(0) if kernel else ''}",
        "rustc": version("rustc", "--version"),
        "node": version("node", "--version"),
        "wrk": version("wrk", "--version"),
        "PostgreSQL": version(str((programs() or Path("none")) / "postgres"), "--version"),
    }


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


OURS, POSTGRES, THEIRS = "Portico", "Portico on PostgreSQL", "Better Auth"

INTRODUCTION = """# Benchmarks

Written by `just bench`; do not edit (the words about where the time goes are in `bench/time.md`). Seconds are noisy on a machine
that does other things too, so the figures to compare are the ratios of requests per second of *server* CPU time (user and
system, the whole process tree), taken in one run, the servers on loopback, driven by the same script in turns.
"""

AGAIN = """
```sh
just bench                     # all parts, and the page; well over an hour
bench/run.sh cost page         # one part, and the page from what is there: cost, methods, rest, postgres, sync, growth, log, deactivation
bench/run.sh cost --seconds 3  # shorter runs; see --help
```

It needs Linux, cargo, node 20, python3, `wrk` and PostgreSQL with its programs (Debian: `apt-get install wrk postgresql`).
The figures of each part stay in `bench/results`.
"""


def missed(held):
    return "" if held else ", **missed**"


def wanted(ratio, target):
    return f" (wanted: {target}{missed(ratio >= target)})" if target else ""


def table(*columns):
    yield f"| {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * (len(columns) - 1)}"


def cost_table(cost):
    options = cost["options"]
    yield "## Requests per server CPU-second\n"
    yield f"SQLite, {options['users']:,} provisioned users, {options['connections']} connections ({options['sign_in_connections']} for sign-in),"
    yield f"median of {options['repetitions']} runs of {options['seconds']} s.\n"
    yield from table("request", OURS, THEIRS, "ratio")
    kinds = {kind: pair for kind, pair in cost["kinds"].items() if OURS in pair}
    for kind, pair in kinds.items():
        mine, peer = pair[OURS]["per_cpu_second"], pair.get(THEIRS, {}).get("per_cpu_second")
        ratio = f"{mine / peer:.1f}{wanted(mine / peer, TARGETS.get(kind))}" if peer else ""
        yield f"| {TITLES[kind]} | {number(mine)} | {number(peer) if peer else 'has none'} | {ratio} |"
    yield f"""
Better Auth {cost['peer']} runs as one node process with better-sqlite3 and the plugins whose features Portico has (organization,
admin, bearer, open-api, scim). Both databases are durable (WAL, `synchronous=FULL`): an answered write survives a power cut.
"""
    if cost["argon2"] and "sign-in" in cost["kinds"]:
        share = cost["kinds"]["sign-in"][OURS]["per_cpu_second"] / cost["argon2"]
        yield f"""Sign-in is the cost of the password hash, and the two servers use different ones (argon2id with 19 MiB and 2 passes; scrypt
with N = 16384, r = 16). Portico's sign-ins reach {share:.0%} of this machine's raw argon2id rate ({cost["argon2"]:.1f} hashes per
CPU-second, measured in turns with them; wanted: 90 %{missed(share >= 0.9)}).
"""
    yield "## Rates and latencies under that load\n"
    yield from table("request", f"{OURS}: per second", "p50", "p99", f"{THEIRS}: per second", "p50", "p99")
    for kind, pair in kinds.items():
        cells = []
        for name in (OURS, THEIRS):
            load = pair.get(name)
            cells += [number(load["rate"]), f"{load['p50_ms']:.1f} ms", f"{load['p99_ms']:.1f} ms"] if load else ["", "", ""]
        yield f"| {TITLES[kind]} | {' | '.join(cells)} |"
    loads = [load for pair in cost["kinds"].values() for load in pair.values()]
    yield f"\n{sum(load['failures'] for load in loads):,} of {sum(load['requests'] for load in loads):,} requests failed.\n"


def methods_table(part):
    options = part["options"]
    yield "## The ways in, with many people\n"
    yield f"Requests per server CPU-second on SQLite with {options['crowd']:,} people and {3 * options['crowd']:,} sessions in each database,"
    yield f"{options['connections']} connections ({options['sign_in_connections']} for sign-up, which is the cost of the password hash), median of {options['repetitions']} runs.\n"
    yield from table("request", OURS, THEIRS, "ratio")
    for kind, pair in part["kinds"].items():
        mine, peer = pair[OURS]["per_cpu_second"], pair[THEIRS]["per_cpu_second"]
        yield f"| {WAYS[kind]} | {number(mine)} | {number(peer)} | {mine / peer:.1f}{wanted(mine / peer, WAYS_TARGETS.get(kind))} |"
    memory = part["memory"][OURS]
    yield f"\nPortico's resident memory was {memory['before']:.0f} MB before the reads and {memory['after']:.0f} MB after them.\n"


def postgres_table(part):
    options = part["options"]
    yield "## On PostgreSQL\n"
    yield f"The same on a PostgreSQL of its own on the same machine, durable as it is by default, {options['connections']} connections."
    yield "Its CPU time is counted in the second column and not in the first.\n"
    yield from table("request", "per Portico CPU-second", "with PostgreSQL's", "per second", "p50", "p99")
    for kind, pair in part["kinds"].items():
        load = pair.get(POSTGRES)
        if not load:
            continue
        cells = [number(load["per_cpu_second"]), number(load["with_database"]), number(load["rate"]), f"{load['p50_ms']:.1f} ms", f"{load['p99_ms']:.1f} ms"]
        yield f"| {TITLES[kind]} | {' | '.join(cells)} |"
    if part["pgbench"]:
        yield f"""
Beside `pgbench` with as many clients, each of which inserts one row of three columns in a transaction of its own. `POST /Users`
writes an account, a membership, its role, the resource, its address and three events; the driver, Portico and PostgreSQL share {os.cpu_count()} cores.
"""
        yield from table("clients", "`POST /Users` per second", "`pgbench` inserts per second", "share")
        for pair in part["pgbench"]:
            share = pair["posts"] / pair["inserts"]
            yield f"| {pair['clients']} | {number(pair['posts'])} | {number(pair['inserts'])} | {share:.0%} (wanted: 50 %{missed(share >= 0.5)}) |"
        yield ""


def sync_table(part):
    yield "## An initial synchronization\n"
    yield f"People pushed one by one over {part['options']['connections']} connections into an empty directory. For Better Auth a window of 500 of them,"
    yield "in a database that has the others already.\n"
    yield from table("", "people", "per second", "per CPU-second", "p99")
    for label, sizes in part["loads"].items():
        for size, load in sizes.items():
            yield f"| {label} | {int(size):,} | {number(load['rate'])} | {number(load['per_cpu_second'])} | {load['p99_ms']:.0f} ms |"
    yield ""


def growth_table(part):
    sizes = part["sizes"]
    yield "## As a directory grows\n"
    yield "Requests per CPU-second (on PostgreSQL with its own), and what one costs in the largest directory beside the smallest.\n"
    for label in (OURS, POSTGRES, THEIRS):
        by_size = sizes.get(label)
        if not by_size:
            continue
        column = "with_database" if label == POSTGRES else "per_cpu_second"
        order = sorted(by_size, key=int)
        yield f"**{label}**\n"
        yield from table("request", *(f"{int(size):,} people" for size in order), "cost")
        for kind in by_size[order[0]]:
            rates = [by_size[size].get(kind, {}).get(column) for size in order]
            cost = rates[0] / rates[-1] if rates[0] and rates[-1] else None
            note = ""
            if cost and label != THEIRS and kind != "deep-page":
                note = f" (wanted: {GROWTH} at most{missed(cost <= GROWTH)})"
            cells = [number(rate) if rate else "" for rate in rates]
            yield f"| {TITLES[kind]} | {' | '.join(cells)} | {f'{cost:.2f}{note}' if cost else ''} |"
        deep = by_size[order[-1]].get("deep-page")
        if deep and "alone_ms" in deep:
            held = deep["alone_ms"] <= DEEP_MS
            yield f"\nThe last page by `startIndex` of {int(order[-1]):,} takes {deep['alone_ms']:.0f} ms (median, by itself; wanted: {DEEP_MS} at most{missed(held)})."
        yield ""
    mine, peer = sizes.get(OURS, {}).get(LARGE), sizes.get(THEIRS, {}).get(LARGE)
    if mine and peer:
        yield from table(f"at {int(LARGE):,} people", OURS, THEIRS, "ratio")
        for kind in peer:
            if kind in mine:
                ratio = mine[kind]["per_cpu_second"] / peer[kind]["per_cpu_second"]
                yield f"| {TITLES[kind]} | {number(mine[kind]['per_cpu_second'])} | {number(peer[kind]['per_cpu_second'])} | {ratio:,.0f}{wanted(ratio, LARGE_TARGETS.get(kind))} |"
        yield ""


def log_table(part):
    options = part["options"]
    yield "## The request log\n"
    yield f"The same requests with the log of the directories' requests and without it, in turns, {options['connections']} connections: requests per"
    yield "CPU-second (on PostgreSQL with its own), and what the log costs of a request.\n"
    yield from table("request", "database", "without", "with", "cost")
    for database, kinds in part["databases"].items():
        column = "with_database" if database == "PostgreSQL" else "per_cpu_second"
        for kind, pair in kinds.items():
            without, logged = pair["without"][column], pair["with"][column]
            share = 1 - logged / without
            yield f"| {TITLES[kind]} | {database} | {number(without)} | {number(logged)} | {share:.0%} (wanted: under 10 %{missed(share < 0.1)}) |"
    yield f"\n{part['missing']:,} requests are missing in the log.\n"


def rest_table(part):
    mine, peer = part["servers"][OURS], part["servers"][THEIRS]
    yield "## At rest and at the start\n"
    yield from table("", OURS, THEIRS)
    yield f"| resident memory, idle after the start | {mine['idle_mb']:.0f} MB (wanted: under 40{missed(mine['idle_mb'] < 40)}) | {peer['idle_mb']:.0f} MB |"
    yield f"| CPU time of a cold start | {mine['start_cpu']:.2f} s (wanted: under 0.3{missed(mine['start_cpu'] < 0.3)}) | {peer['start_cpu']:.2f} s |"
    yield f"| time to the first answer | {mine['start_wall']:.2f} s | {peer['start_wall']:.2f} s |\n"


def machine_table(results):
    yield "## The machine, and how to run it again\n"
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in machine().items())
    yield f"| taken on | {', '.join(sorted({part['taken_at'] for part in results.values()}))} |"


def deactivation_table(part):
    yield "## Ending access\n"
    yield "From the request to the answer of a SCIM `PATCH` that deactivates somebody with so many sessions and as many secret keys, one at a"
    yield "time. When it is answered everything has ended, on every replica, and the signed receipt is stored.\n"
    yield from table("sessions and keys", f"{OURS}: median", "p99", f"{POSTGRES}: median", "p99")
    for size in part["sizes"][OURS]:
        cells = [f"{part['sizes'][name][size][figure]:.1f} ms" for name in (OURS, POSTGRES) for figure in ("median_ms", "p99_ms")]
        yield f"| {size} | {' | '.join(cells)} |"
    yield ""


def timing_table(part):
    yield "## What the time of an answer tells\n"
    yield "A wrong password, and a link that is asked for, for addresses that nobody has, that somebody has, and of people whose passwords are"
    yield f"still hashed as Better Auth hashed them (scrypt): medians of {part['rounds']}, asked in turns, one at a time. As long as there are such hashes"
    yield "each refused sign-in takes both kinds of hash; afterwards none pays for it.\n"
    yield from table("request", "in the database", "nobody's", "somebody's", "imported", "slowest to quickest")
    for label, kinds in part["ways"].items():
        for kind, medians in kinds.items():
            ratio = max(medians.values()) / min(medians.values())
            cells = [f"{medians[group]:.1f} ms" for group in ("unknown", "own", "imported")]
            yield f"| {kind} | {label} | {' | '.join(cells)} | {ratio:.2f} (wanted: {ALIKE} at most{missed(ratio <= ALIKE)}) |"
    yield ""


WEB = "## The pages in a browser"
WEB_KB, WEB_MS = 200, 1000


def web_table(part):
    laptop, slowest, heaviest = part["laptop"], max(one["interactive"] for one in part["pages"].values()), max(one["bytes"] for one in part["pages"].values())
    yield f"{WEB}\n"
    yield f"First visits with an empty cache by {part['browser']}, as a slow laptop makes them: its processor {laptop['cpu']} times slower than this machine's,"
    yield f"a line of {laptop['megabits']} Mbit/s, and {laptop['latency']} ms to each answer; the median of {part['times']}. A page is *interactive* when what it shows is there and"
    yield "nothing says any more that it loads, and the main thread has done its last long task; *busy* is the time in long tasks,"
    yield f"*work* what the main thread had of this machine's processor on a visit that was not slowed, which the laptop takes {laptop['cpu']} times as long for. The"
    yield "weight is what came over the wire, compressed and with headers, the answers of the API too. Written by `just bench-web`, with the"
    yield f"{part['build']} build and {part['people']} people in the directory; the load of the machine was {part['load'][0]:.1f} before it and {part['load'][1]:.1f} after, on {os.cpu_count()} cores.\n"
    if len(part["pages"]) < part.get("wanted", 0):
        yield f"Only {len(part['pages'])} of {part['wanted']} pages were measured before the run was stopped.\n"
    if not part.get("same_pages", True):
        yield "The server carried pages of another build than the one beside it.\n"
    times = sorted(one["interactive"] for one in part["pages"].values())
    soon = sum(time < WEB_MS for time in times)
    yield f"{soon} of {len(times)} pages are interactive in under {WEB_MS:,} ms, the one in the middle after {times[len(times) // 2]:,} ms."
    yield f"The heaviest page weighs {heaviest / 1000:.0f} kB (wanted: under {WEB_KB}{missed(heaviest < WEB_KB * 1000)}), the slowest is interactive after"
    if max(part["load"]) > os.cpu_count():
        yield f"{slowest:,} ms (wanted: under {WEB_MS:,}{missed(slowest < WEB_MS)}). The weights hold; the times are of a run that shared the machine with"
        yield "other work, for which its cores did not suffice, and are to be taken anew on a quiet one.\n"
    else:
        yield f"{slowest:,} ms (wanted: under {WEB_MS:,}{missed(slowest < WEB_MS)}).\n"
    yield from table("page", "weight", "requests", "content", "interactive", "busy", "work")
    for name, one in part["pages"].items():
        work = f"{one['work']:,} ms" if one.get("work") else ""
        yield f"| `{name}` | {one['bytes'] / 1000:.0f} kB | {one['requests']} | {one['content']:,} ms | {one['interactive']:,} ms | {one['busy']:,} ms | {work} |"
    yield ""


TABLES = {"cost": cost_table, "methods": methods_table, "postgres": postgres_table, "sync": sync_table, "growth": growth_table, "log": log_table, "rest": rest_table, "deactivation": deactivation_table, "timing": timing_table, "web": web_table}


def render(results):
    """The whole page."""
    lines = [INTRODUCTION]
    for name, rows in TABLES.items():
        if name in results:
            lines += rows(results[name])
    lines += [(Path(__file__).parent / "time.md").read_text(), *machine_table(results)]
    return "\n".join(lines) + "\n" + AGAIN


def with_web(page, part):
    """The page with the section about the browser written anew, and the others as they are."""
    section = "\n".join(web_table(part)) + "\n"
    before, found, after = page.partition(WEB + "\n")
    if found:
        return before + section + after[after.index("\n## ") + 1 :]
    at = page.index("## Where the time goes")
    return page[:at] + section + page[at:]


if __name__ == "__main__":
    figures, output = map(Path, sys.argv[1:])
    output.write_text(with_web(output.read_text(), json.loads(figures.read_text())))
