"""The ways in, beside the real server's: with very many people and sessions in the database."""

import random
import time
from dataclasses import asdict
from pathlib import Path

import many
from measure import drive, median, resident_mb
from servers import EMAIL, PASSWORD

PORTICO = {
    "PORTICO__MAIL__TRANSPORT": "smtp",
    "PORTICO__METHODS__MAGIC_LINK__ENABLED": "true",
    "PORTICO__METHODS__API_KEY__ENABLED": "true",
    "PORTICO__METHODS__API_KEY__ENABLE_SESSION": "true",
    "PORTICO__METHODS__JWT__ENABLED": "true",
    "PORTICO__METHODS__JWT__SET_HEADER": "false",
}
PEER = {"METHODS": "1"}
READS = ["session-of-many", "api-key", "jwt"]
KINDS = [*READS, "magic-link", "sign-up"]
SESSIONS = 3
LINKS = 120_000


def prepare(server, folder, users):
    """Somebody with a session and an API key, and the crowd around them; what the driver needs to know."""
    own = server.sign_up()
    made = server.caller()("POST", "/api/auth/api-key/create", {"name": "bench"}, headers={"cookie": own})
    if made.status != 200:
        raise RuntimeError(f"{server.name} makes no API key: {made}")
    server.stop()
    many.fill(server.file, server.name == "Portico", EMAIL, users, SESSIONS, min(users, LINKS))
    server.start()
    cookies = Path(folder) / f"{server.name.replace(' ', '-')}.cookies"
    chosen = random.Random(4711).sample(range(users * SESSIONS), min(20_000, users * SESSIONS))
    cookies.write_text("\n".join(many.cookie(number, server.secret) for number in chosen) + "\n")
    shown = server.caller()("GET", "/api/auth/get-session", headers={"cookie": many.cookie(chosen[0], server.secret)})
    if shown.status != 200 or shown["user", "email"] != many.address(chosen[0] // SESSIONS):
        raise RuntimeError(f"{server.name} does not know a session: {shown}")
    return {"COOKIE": own, "COOKIES_FILE": str(cookies), "API_KEY": made["key"], "PASSWORD": PASSWORD, "FIRST_LINK": "0"}


def measure(servers, known, options, say, failed_links):
    """The loads by kind and server, in turns, and the memory before and after the reads."""
    results, memory, spent = {}, {server.label: {"before": resident_mb(server.pid)} for server in servers}, dict.fromkeys(known, 0)

    def once(server, kind, seconds, connections):
        environment = {**known[server.label], "FIRST_LINK": str(spent[server.label])}
        load = drive(server, kind, seconds, connections, environment)
        if kind == "magic-link":
            # Those in flight at the end may have been followed too.
            spent[server.label] += load.requests + load.failures + 2 * connections
            if spent[server.label] > failed_links:
                raise RuntimeError("more links were followed than there are: shorten the runs (--seconds)")
        return load

    for kind in KINDS:
        connections = options.sign_in_connections if kind == "sign-up" else options.connections
        loads = {server.label: [] for server in servers}
        for server in servers:
            once(server, kind, 1, connections)
        for _ in range(options.repetitions):
            for server in servers:
                loads[server.label].append(once(server, kind, options.seconds, connections))
        results[kind] = {label: asdict(median(runs)) for label, runs in loads.items()}
        for label, load in results[kind].items():
            say(f"{kind:16} {label:12} {load['per_cpu_second']:10.1f} per CPU-second {load['rate']:10.1f} per second, {load['failures']} failures")
        if kind == READS[-1]:
            time.sleep(1)
            for server in servers:
                memory[server.label]["after"] = resident_mb(server.pid)
    return results, memory
