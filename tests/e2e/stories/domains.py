"""An organization proves its domains by TXT records, looked up in a real name server that also fails, is silent and talks at length."""

import time
from contextlib import contextmanager

from support.dns import NameServer


@contextmanager
def beside():
    """A name server, and the settings that make Portico ask it."""
    server = NameServer()
    tell.server = server
    try:
        yield {"PORTICO__DNS__SERVERS": server.address}
    finally:
        server.close()


def tell(portico, check):
    server, key = tell.server, portico.secret_key()
    home = f"/v1/organizations/{portico.boot['organization_id']}/domains"
    claimed = {name: claim(check, key, home, name) for name in ("proven.example", "bare.example", "long.example", "failing.example", "silent.example")}
    verify = lambda name: key.post(f"{home}/{claimed[name]['id']}/verify")  # noqa: E731

    missing = verify("proven.example")
    check("without a record nothing is proven", missing.status in (400, 409, 422) and missing["code"] is not None, missing)
    check("both places were looked at", all(server.asked.get(name) for name in (record(claimed["proven.example"])["name"], "proven.example")), server.asked)

    server.records[record(claimed["proven.example"])["name"]] = ["v=spf1 -all", record(claimed["proven.example"])["value"] + "x"]
    check("a record that says nearly the same proves nothing", verify("proven.example").status == missing.status)
    server.records[record(claimed["proven.example"])["name"]] = ["v=spf1 -all", record(claimed["proven.example"])["value"]]
    proven = verify("proven.example")
    check("the record proves the domain, at once", proven.status == 200 and proven["verified"] is True, proven)

    server.records["bare.example"] = [record(claimed["bare.example"])["value"]]
    check("a record at the domain itself will do", verify("bare.example")["verified"] is True)

    server.records["long.example"] = ["x" * 200] * 10 + [record(claimed["long.example"])["value"]]
    long = verify("long.example")
    check("an answer that is too long for UDP is read over TCP", long["verified"] is True and server.by_tcp > 0, long)

    for where in (record(claimed["failing.example"])["name"], "failing.example"):
        server.failing.add(where)
    failing = verify("failing.example")
    check("a server that fails is told apart from a missing record", failing.status >= 400 and failing["code"] != missing["code"], failing)

    for where in (record(claimed["silent.example"])["name"], "silent.example"):
        server.silent.add(where)
    begun = time.monotonic()
    silent = verify("silent.example")
    check("a silent server is not waited for long", silent.status >= 400 and time.monotonic() - begun < 15, (silent, time.monotonic() - begun))
    check("and is no proof", key.get(f"{home}/{claimed['silent.example']['id']}")["verified"] is False)
    check("failures of others are no failure of ours", failing.status < 500 or failing.status in (502, 503, 504), failing)


def claim(check, key, home, name):
    made = key.post(home, {"name": name})
    check(f"{name} is claimed and not yet held", made.status == 201 and made["verified"] is False, made)
    return made.json or {}


def record(domain):
    return domain.get("verification") or {"name": "?", "value": "?"}
