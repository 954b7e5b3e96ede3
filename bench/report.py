"""Writes docs/benchmarks.md."""

import os
import platform
import re
import subprocess
from pathlib import Path

TITLES = {
    "get-session": "`GET /api/auth/get-session`",
    "scim-get": "SCIM `GET /Users/{id}`",
    "scim-filter": "SCIM `GET /Users?filter=userName eq`",
    "scim-post": "SCIM `POST /Users`",
    "sign-in": "`POST /api/auth/sign-in/email`",
}
TARGETS = {"get-session": 15, "scim-get": 15, "scim-filter": 15, "scim-post": 8}


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
    }


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


OURS, THEIRS = "Portico", "Better Auth"

INTRODUCTION = """# Benchmarks

Written by `just bench`; do not edit. Seconds are noisy on a machine that does other things too, so the figures to compare are
the ratios of requests per second of *server* CPU time (user and system, the whole process tree), taken in one run, both
servers on loopback, driven by the same script in turns.
"""

AGAIN = """
```sh
just bench                 # or: bench/run.sh
bench/run.sh --seconds 3   # shorter runs; see --help
```

It needs Linux, cargo, node 20, python3 and `wrk` (Debian: `apt-get install wrk`).
"""


def missed(held):
    return "" if held else ", **missed**"


def cost_table(results, options):
    yield "## Requests per server CPU-second\n"
    yield f"SQLite, {options['users']:,} provisioned users, {options['connections']} connections ({options['sign_in_connections']} for sign-in),"
    yield f"median of {options['repetitions']} runs of {options['seconds']} s.\n"
    yield f"| request | {OURS} | {THEIRS} | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for kind, title in TITLES.items():
        mine, peer = (results[kind][name].per_cpu_second for name in (OURS, THEIRS))
        ratio = mine / peer
        wanted = f" (wanted: {TARGETS[kind]}{missed(ratio >= TARGETS[kind])})" if kind in TARGETS else ""
        yield f"| {title} | {number(mine)} | {number(peer)} | {ratio:.1f}{wanted} |"


def notes(results, argon2, peer_version):
    share = results["sign-in"][OURS].per_cpu_second / argon2
    yield f"""
Better Auth {peer_version} runs as one node process with better-sqlite3 and the plugins whose features Portico has (organization,
admin, bearer, open-api, scim). Both databases are durable (WAL, `synchronous=FULL`): an answered write survives a power cut.

Sign-in is the cost of the password hash, and the two servers use different ones (argon2id with 19 MiB and 2 passes; scrypt
with N = 16384, r = 16). Portico's sign-ins reach {share:.0%} of this machine's raw argon2id rate ({argon2:.1f} hashes per
CPU-second, measured in turns with them; wanted: 90 %{missed(share >= 0.9)}).
"""


def rate_table(results):
    yield "## Rates and latencies under that load\n"
    yield f"| request | {OURS}: per second | p50 | p99 | {THEIRS}: per second | p50 | p99 |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    loads = []
    for kind, title in TITLES.items():
        cells = []
        for name in (OURS, THEIRS):
            load = results[kind][name]
            loads.append(load)
            cells += [number(load.rate), f"{load.p50_ms:.1f} ms", f"{load.p99_ms:.1f} ms"]
        yield f"| {title} | {' | '.join(cells)} |"
    yield f"\n{sum(load.failures for load in loads)} of {sum(load.requests for load in loads):,} requests failed.\n"


def rest_table(idle, cold):
    yield "## At rest and at the start\n"
    yield f"| | {OURS} | {THEIRS} |"
    yield "| --- | ---: | ---: |"
    yield f"| resident memory, idle after the start | {idle[OURS]:.0f} MB (wanted: under 40{missed(idle[OURS] < 40)}) | {idle[THEIRS]:.0f} MB |"
    yield f"| CPU time of a cold start | {cold[OURS][0]:.2f} s (wanted: under 0.3{missed(cold[OURS][0] < 0.3)}) | {cold[THEIRS][0]:.2f} s |"
    yield f"| time to the first answer | {cold[OURS][1]:.2f} s | {cold[THEIRS][1]:.2f} s |\n"


def machine_table(peer_version):
    yield "## The machine, and how to run it again\n"
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in {**machine(), THEIRS: peer_version}.items())


def render(results, argon2, idle, cold, peer_version, options):
    """The whole page."""
    lines = [
        INTRODUCTION,
        *cost_table(results, options),
        *notes(results, argon2, peer_version),
        *rate_table(results),
        *rest_table(idle, cold),
        *machine_table(peer_version),
    ]
    return "\n".join(lines) + "\n" + AGAIN
