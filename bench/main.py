#!/usr/bin/env python3
"""Compares Portico with the published Better Auth on this machine. Called by run.sh, which builds and installs what it needs."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import cold_start, drive, median, resident_mb
from report import TITLES, render
from servers import EMAIL, PASSWORD, USER, PeerServer, PorticoServer

ROOT = Path(__file__).resolve().parents[1]


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("--seconds", type=int, default=6, help="length of one run")
    parser.add_argument("--repetitions", type=int, default=3, help="runs of each kind; their median counts")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--users", type=int, default=1000, help="provisioned before anything is measured")
    parser.add_argument("--only", nargs="*", choices=TITLES, help="measure only these and write nothing")
    parser.add_argument("--output", default=str(ROOT / "docs" / "benchmarks.md"))
    return parser.parse_args()


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def provision(server, count):
    """The same users on both, over SCIM; gives their ids."""

    def one(number):
        address = f"user{number:06}@bench.example"
        body = {
            "schemas": [USER],
            "userName": address,
            "externalId": f"ext-{number}",
            "name": {"givenName": f"Given{number}", "familyName": f"Family{number}"},
            "displayName": f"Given{number} Family{number}",
            "emails": [{"value": address, "type": "work", "primary": True}],
            "active": True,
        }
        answer = server.scim().post(f"{server.scim_path}/Users", body)
        if answer.status != 201:
            raise RuntimeError(f"{server.name} did not create {address}: {answer}")
        return answer["id"]

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(1, count + 1)))


def prepare(server, folder, users):
    """Provisions, signs somebody up, and proves that the requests to be measured answer what they should."""
    ids = provision(server, users)
    cookie = server.sign_up()
    path = Path(folder) / f"{server.name.replace(' ', '-')}.ids"
    path.write_text("\n".join(ids) + "\n")
    scim = server.scim()
    found = scim.get(f"{server.scim_path}/Users", filter='userName eq "user000001@bench.example"')
    read = scim.get(f"{server.scim_path}/Users/{ids[0]}")
    if found["totalResults"] != 1 or found["Resources", 0, "id"] != ids[0] or read["userName"] != "user000001@bench.example":
        raise RuntimeError(f"{server.name} does not find what it was given: {found} {read}")
    return {"COOKIE": cookie, "IDS_FILE": str(path), "USERS": str(users), "EMAIL": EMAIL, "PASSWORD": PASSWORD}


def measure(servers, environments, options):
    """The loads by kind and server, and the raw argon2id rates, taken in turns with the sign-ins."""
    results, raw = {}, []
    for kind in options.only or TITLES:
        # A few connections saturate what hashes; more would only queue.
        connections = options.sign_in_connections if kind == "sign-in" else options.connections
        loads = {server.name: [] for server in servers}
        for server in servers:
            drive(server, kind, 2, connections, environments[server.name])
        for _ in range(options.repetitions):
            for server in servers:
                loads[server.name].append(drive(server, kind, options.seconds, connections, environments[server.name]))
            if kind == "sign-in":
                raw.append(raw_argon2())
        results[kind] = {name: median(runs) for name, runs in loads.items()}
        for name, load in results[kind].items():
            say(f"{kind:12} {name:12} {load.per_cpu_second:10.1f} per CPU-second {load.rate:10.1f} per second "
                f"p50 {load.p50_ms:.1f} p99 {load.p99_ms:.1f} ms, {load.failures} failures")  # fmt: skip
    return results, raw


def raw_argon2():
    """Hashes per CPU-second, with nothing around them."""
    program = ROOT / "target" / "bench-argon2" / "release" / "argon2-rate"
    return json.loads(subprocess.run([program], capture_output=True, text=True, check=True).stdout)["per_cpu_second"]


def main():
    options = arguments()
    options.sign_in_connections = 4
    modules = os.environ["BENCH_PEER_MODULES"]
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        servers = [PorticoServer(), PeerServer(modules, folder)]
        try:
            idle, cold = {}, {}
            for server in servers:
                server.start()
                time.sleep(5)
                idle[server.name] = resident_mb(server.pid)
                say(f"{server.name}: {idle[server.name]:.0f} MB at rest")
            environments = {server.name: prepare(server, folder, options.users) for server in servers}
            say(f"{options.users} users each")
            results, raw = measure(servers, environments, options)
            if raw:
                say(f"raw argon2id: {statistics.median(raw):.1f} hashes per CPU-second")
            for server in servers:
                server.stop()
            for server in servers:
                cold[server.name] = cold_start(server)
                say(f"{server.name}: cold start {cold[server.name][0]:.2f} s of CPU, {cold[server.name][1]:.2f} s")
        finally:
            for server in servers:
                server.close()
    if options.only:
        return 0
    peer = json.loads((Path(modules) / "node_modules/better-auth/package.json").read_text())["version"]
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    Path(options.output).write_text(render(results, statistics.median(raw), idle, cold, peer, vars(options)))
    say(f"written: {os.path.relpath(options.output, ROOT)}")
    # Numbers are for reading; only requests that failed fail the run.
    return 1 if any(load.failures for pair in results.values() for load in pair.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
