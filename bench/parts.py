"""The parts of the benchmark. Each starts servers of its own, and gives its figures as plain JSON."""

import json
import os
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import deactivation as ending
import methods as ways
import timing as watch
from measure import cold_start, drive, median, resident_mb
from postgres import Postgres
from servers import EMAIL, GROUP, PASSWORD, USER, PeerServer, PorticoServer

ROOT = Path(__file__).resolve().parents[1]
READS = ["get-session", "scim-get", "scim-filter", "first-page", "cursor-page", "deep-page"]
WRITES = ["scim-post", "scim-patch", "member-add"]
KINDS = [*READS, *WRITES, "sign-in"]
GROUPS = 200


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def person(number):
    address = f"user{number:06}@bench.example"
    return {
        "schemas": [USER],
        "userName": address,
        "externalId": f"ext-{number}",
        "name": {"givenName": f"Given{number}", "familyName": f"Family{number}"},
        "displayName": f"Given{number} Family{number}",
        "emails": [{"value": address, "type": "work", "primary": True}],
        "active": True,
    }


def provision(server, count):
    """The same users on all, over SCIM; gives their ids."""

    def one(number):
        answer = server.scim().post(f"{server.scim_path}/Users", person(number))
        if answer.status != 201:
            raise RuntimeError(f"{server.name} did not create person {number}: {answer}")
        return answer["id"]

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(1, count + 1)))


def make_groups(server, count=GROUPS):
    for number in range(count):
        answer = server.scim().post(f"{server.scim_path}/Groups", {"schemas": [GROUP], "displayName": f"Bench {number:04}"})
        if answer.status != 201:
            raise RuntimeError(f"{server.name} did not create a group: {answer}")


def environment(server, folder, users, cookie, name_format):
    """What the driver needs to know, taken from what the server has; proves that it answers what it should."""
    scim, lists = server.scim(), {}
    for what, table in (("IDS_FILE", server.user_table), ("GROUPS_FILE", server.group_table)):
        path = Path(folder) / f"{server.name.replace(' ', '-')}-{os.urandom(4).hex()}.ids"
        path.write_text("\n".join(server.some(table)) + "\n")
        lists[what] = str(path)
    name = name_format % 1
    found = scim.get(f"{server.scim_path}/Users", filter=f'userName eq "{name}"')
    read = scim.get(f"{server.scim_path}/Users/{found['Resources', 0, 'id']}")
    if found["totalResults"] != 1 or read["userName"] != name:
        raise RuntimeError(f"{server.name} does not find what it was given: {found} {read}")
    page = scim("GET", f"{server.scim_path}/Users", query={"count": 100, "cursor": ""})
    cursor = page["nextCursor"] or ""
    return {**lists, "COOKIE": cookie, "USERS": str(users), "NAME_FORMAT": name_format, "CURSOR": cursor, "EMAIL": EMAIL, "PASSWORD": PASSWORD}


def prepare(server, folder, users):
    provision(server, users)
    make_groups(server)
    return environment(server, folder, users, server.sign_up(), "user%06d@bench.example")


def can(server, kind, known):
    """Whether there is such a request: cursors are not everybody's."""
    return kind != "cursor-page" or bool(known["CURSOR"])


def measure(servers, known, kinds, options, interleave=None):
    """The loads by kind and server, taken in turns."""
    results = {}
    for kind in kinds:
        # A few connections saturate what hashes; more would only queue.
        connections = options.sign_in_connections if kind == "sign-in" else options.connections
        able = [server for server in servers if can(server, kind, known[server.label])]
        loads = {server.label: [] for server in able}
        for server in able:
            drive(server, kind, 2, connections, known[server.label])
        for _ in range(options.repetitions):
            for server in able:
                loads[server.label].append(drive(server, kind, options.seconds, connections, known[server.label]))
            if interleave:
                interleave(kind)
        results[kind] = {label: asdict(median(runs)) for label, runs in loads.items()}
        for label, load in results[kind].items():
            say(f"{kind:12} {label:24} {load['per_cpu_second']:10.1f} per CPU-second {load['rate']:10.1f} per second "
                f"p50 {load['p50_ms']:.1f} p99 {load['p99_ms']:.1f} ms, {load['failures']} failures")  # fmt: skip
    return results


def failed(results):
    return sum(load["failures"] for pair in results.values() for load in pair.values())


@contextmanager
def running(*servers):
    """Started servers with their labels, stopped in the end."""
    started = []
    try:
        for label, server in servers:
            server.label = label
            started.append(server)
            server.start()
        yield started
    finally:
        for server in started:
            server.close()


def peer(folder):
    return PeerServer(os.environ["BENCH_PEER_MODULES"], folder)


def peer_version():
    package = Path(os.environ["BENCH_PEER_MODULES"]) / "node_modules/better-auth/package.json"
    return json.loads(package.read_text())["version"]


def raw_argon2():
    """Hashes per CPU-second, with nothing around them."""
    program = ROOT / "target" / "bench-argon2" / "release" / "argon2-rate"
    return json.loads(subprocess.run([program], capture_output=True, text=True, check=True).stdout)["per_cpu_second"]


def cost(options, folder):
    """Both servers on SQLite, with the same people, in turns."""
    raw = []
    with running(("Portico", PorticoServer()), ("Better Auth", peer(folder))) as servers:
        known = {server.label: prepare(server, folder, options.users) for server in servers}
        say(f"{options.users} users each")
        results = measure(servers, known, options.only or KINDS, options, lambda kind: kind == "sign-in" and raw.append(raw_argon2()))
    return {"kinds": results, "argon2": statistics.median(raw) if raw else None, "peer": peer_version(), "failures": failed(results)}


def methods(options, folder):
    """The ways in, with very many people and sessions, on SQLite, in turns."""
    ours, theirs = PorticoServer(settings=ways.PORTICO), PeerServer(os.environ["BENCH_PEER_MODULES"], folder, ways.PEER)
    with running(("Portico", ours), ("Better Auth", theirs)) as servers:
        known = {server.label: ways.prepare(server, folder, options.crowd) for server in servers}
        say(f"{options.crowd} people and {options.crowd * ways.SESSIONS} sessions each")
        results, memory = ways.measure(servers, known, options, say, min(options.crowd, ways.LINKS))
    return {"kinds": results, "memory": memory, "peer": peer_version(), "failures": failed(results)}


def rest(options, folder):
    """Memory at rest, and the cold start."""
    figures = {}
    for label, server in (("Portico", PorticoServer()), ("Better Auth", peer(folder))):
        with running((label, server)):
            time.sleep(5)
            idle = resident_mb(server.pid)
            server.stop()
            cpu, wall = cold_start(server)
            figures[label] = {"idle_mb": idle, "start_cpu": cpu, "start_wall": wall}
            say(f"{label}: {idle:.0f} MB at rest, cold start {cpu:.2f} s of CPU, {wall:.2f} s")
    return {"servers": figures}


def postgres(options, folder):
    """Portico on PostgreSQL, and its commits beside what pgbench reaches with inserts of one row and as many clients."""
    database, beside, failures = Postgres(folder), [], 0
    try:
        with running(("Portico on PostgreSQL", PorticoServer(database))) as [server]:
            known = {server.label: prepare(server, folder, options.users)}
            kinds = [kind for kind in options.only or KINDS if kind != "sign-in"]
            results = measure([server], known, kinds, options)
            # Few clients wait for the disk, many for the processors that all of them share.
            for clients in sorted({1, 4, options.connections}) if "scim-post" in kinds else ():
                pairs = []
                for _ in range(options.repetitions):
                    load = drive(server, "scim-post", options.seconds, clients, known[server.label])
                    failures += load.failures
                    pairs.append((load.rate, database.pgbench(clients, options.seconds)))
                posts, inserts = (statistics.median(rates) for rates in zip(*pairs))
                beside.append({"clients": clients, "posts": posts, "inserts": inserts})
                say(f"{clients:3} clients: {posts:.0f} POSTs a second, pgbench {inserts:.0f} inserts of one row: {posts / inserts:.0%}")
    finally:
        database.close()
    return {"kinds": results, "pgbench": beside, "failures": failed(results) + failures}


def sync(options, folder):
    """An initial synchronization: so many people, one POST each. For Better Auth a window of it, with that many there."""
    figures, failures = {}, 0

    def note(label, size, load):
        nonlocal failures
        failures += load.failures
        figures.setdefault(label, {})[str(size)] = asdict(load)
        say(f"{label:24} {size:8} people: {load.rate:.0f} per second, {load.per_cpu_second:.0f} per CPU-second, {load.failures} failures")

    def lists(server):
        path = Path(folder) / f"none-{os.urandom(4).hex()}"
        path.write_text("")
        return {"IDS_FILE": str(path), "GROUPS_FILE": str(path)}

    for size in options.sync:
        with running(("Portico", PorticoServer())) as [server]:
            note("Portico", size, drive(server, "scim-post", 3600, options.connections, lists(server), size))
        database = Postgres(folder)
        try:
            with running(("Portico on PostgreSQL", PorticoServer(database))) as [server]:
                note("Portico on PostgreSQL", size, drive(server, "scim-post", 3600, options.connections, lists(server), size))
        finally:
            database.close()
        with running(("Better Auth", peer(folder))) as [server]:
            provision(server, 1)
            server.fill(size)
            note("Better Auth", size, drive(server, "scim-post", 3600, options.connections, lists(server), 500))
            server.file.unlink()
    return {"loads": figures, "failures": failures}


def growth(options, folder):
    """The same requests while the directory grows by SQL."""
    kinds = [kind for kind in options.only or KINDS if kind not in ("sign-in", "get-session")]
    figures, failures = {}, 0

    def at(server, size, cookie, name_format, kinds, seconds):
        nonlocal failures
        known = {server.label: environment(server, folder, size, cookie, name_format)}
        shorter = type(options)(**{**vars(options), "seconds": seconds, "repetitions": min(options.repetitions, 2)})
        results = measure([server], known, kinds, shorter)
        failures += failed(results)
        figures.setdefault(server.label, {})[str(size)] = {kind: pair[server.label] for kind, pair in results.items() if pair}
        if "deep-page" in kinds:
            # How long one takes, without others that want the processors too.
            alone = drive(server, "deep-page", seconds, 1, known[server.label])
            figures[server.label][str(size)]["deep-page"]["alone_ms"] = alone.p50_ms

    def portico(label, database):
        with running((label, PorticoServer(database))) as [server]:
            cookie, there = server.sign_up(), 0
            for size in options.sizes:
                say(f"{label}: {size} people")
                server.fill(size - there, there + 1)
                there = size
                at(server, size, cookie, "user%07d@bench.example", kinds, options.seconds)

    portico("Portico", None)
    database = Postgres(folder)
    try:
        portico("Portico on PostgreSQL", database)
    finally:
        database.close()
    for size in options.peer_sizes:
        with running(("Better Auth", peer(folder))) as [server]:
            say(f"Better Auth: {size} people")
            provision(server, 100)
            make_groups(server, 10)
            cookie = server.sign_up()
            server.fill(size - 100)
            at(server, 100, cookie, "user%06d@bench.example", [kind for kind in ("scim-get", "scim-filter", "first-page", "scim-post", "scim-patch") if kind in kinds], max(options.seconds, 15))
            figures["Better Auth"][str(size)] = figures["Better Auth"].pop("100")
            server.file.unlink()
    return {"sizes": figures, "failures": failures}


def log(options, folder):
    """What the request log costs: the same server with it and without it, in turns, on either database. Nothing may be missing in it."""
    kinds = [kind for kind in options.only or KINDS if kind.startswith("scim-") or kind in ("first-page", "member-add")]
    figures, failures, missing = {}, 0, 0
    for label, database in (("SQLite", None), ("PostgreSQL", Postgres(folder))):
        try:
            pair = [(name, PorticoServer(database, {"PORTICO__SCIM__REQUEST_LOG": flag})) for name, flag in (("with", "true"), ("without", "false"))]
            with running(*pair) as servers:
                known = {server.label: prepare(server, folder, options.users) for server in servers}
                say(f"{label}: with the request log and without it")
                figures[label] = measure(servers, known, kinds, options)
                failures += failed(figures[label])
                time.sleep(1)
                counted = servers[0].caller().get("/metrics").text
                missing += sum(int(float(line.split()[1])) for line in counted.splitlines() if line.startswith("portico_scim_requests_unrecorded_total "))
        finally:
            if database:
                database.close()
    say(f"{missing} requests are missing in the log")
    return {"databases": figures, "missing": missing, "failures": failures}


def deactivation(options, folder):
    """From the request to the answered deactivation of somebody with sessions and keys, one at a time, on both databases."""
    figures, database = {}, Postgres(folder)
    try:
        for label, postgres in (("Portico", None), ("Portico on PostgreSQL", database)):
            with running((label, PorticoServer(postgres))) as [server]:
                people = provision(server, ending.SAMPLES * len(ending.SIZES))
                figures[label] = ending.measure(server, people)
                for size, taken in figures[label].items():
                    say(f"{label:24} {size:>4} sessions and keys: median {taken['median_ms']:.1f} ms, p99 {taken['p99_ms']:.1f} ms")
    finally:
        database.close()
    return {"sizes": figures, "failures": 0}


def timing(options, folder):
    """Whether the time of a refusal tells who has an account, before anybody was imported and after."""
    figures = {}
    for label, imported in (("own people alone", False), ("imported people besides", True)):
        with running((label, PorticoServer(settings=watch.METHODS))) as [server]:
            watch.populate(server, imported)
            figures[label] = watch.measure(server, options.rounds)
            for kind, medians in figures[label].items():
                each = ", ".join(f"{group} {median:.1f} ms" for group, median in medians.items())
                say(f"{kind:12} {label:24} {each}: the slowest {watch.spread(medians):.2f} times the quickest")
    return {"rounds": options.rounds, "ways": figures, "failures": 0}


PARTS = {"cost": cost, "methods": methods, "rest": rest, "postgres": postgres, "sync": sync, "growth": growth, "log": log, "deactivation": deactivation, "timing": timing}
