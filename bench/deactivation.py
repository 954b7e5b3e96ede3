"""How long an identity provider waits until all access of a person has ended: from the request to its answer."""

import http.client
import json
import sqlite3
import statistics
import time
from contextlib import closing
from urllib.parse import urlsplit

SIZES = [1, 10, 100]
SAMPLES = 100
FAR = 4102444800000
OFF = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "path": "active", "value": False}],
}


def execute(server, sql):
    """Rows by SQL beside the running server: a hundred sign-ins of each person would be a benchmark of the password hash."""
    if server.postgres:
        server.postgres.psql(server.url, sql)
        return
    with closing(sqlite3.connect(server.file, timeout=30, isolation_level=None)) as db:
        db.execute(sql)


def hold(server, resource, count):
    """Gives the person so many sessions and secret keys."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    who = f"FROM n JOIN directory_users d ON d.id = '{resource}' JOIN users u ON u.id = d.user_id"
    execute(
        server,
        f"""INSERT INTO sessions (id, token_hash, user_id, user_epoch, expires_at, remember, method, created_at, updated_at)
        {numbers} SELECT 'sess_' || n.i || u.id, 'none-' || n.i || u.id, u.id, u.access_epoch, {FAR}, TRUE, 'password', {FAR}, {FAR} {who}""",
    )
    execute(
        server,
        f"""INSERT INTO secret_keys (id, name, prefix, secret_hash, created_by, created_at)
        {numbers} SELECT 'key_' || n.i || u.id, 'Bench', 'sk_bench', 'none-' || n.i || u.id, u.id, {FAR} {who}""",
    )


def proven(server, resource, count):
    """The receipt says that it was so many."""
    boot = server.portico.boot
    caller = server.caller()
    caller.authorization = f"Bearer {boot['secret_key']}"
    page = caller.get(f"/v1/organizations/{boot['organization_id']}/receipts", directory_user_id=resource)
    revoked = page["data", 0, "payload", "revoked"] or {}
    if (revoked.get("sessions"), revoked.get("keys")) != (count, count):
        raise RuntimeError(f"{count} sessions and keys were to end: {page}")


def measure(server, people):
    """Milliseconds by how many sessions and keys the person had. Takes the ids of people who are active."""
    address = urlsplit(server.base)
    headers = {"authorization": f"Bearer {server.scim_token}", "content-type": "application/scim+json"}
    body, figures = json.dumps(OFF), {}
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=60)) as connection:
        for size in SIZES:
            times = []
            for _ in range(SAMPLES):
                resource = people.pop()
                hold(server, resource, size)
                began = time.perf_counter()
                connection.request("PATCH", f"{server.scim_path}/Users/{resource}", body, headers)
                answer = connection.getresponse()
                said = answer.read()
                times.append((time.perf_counter() - began) * 1000)
                if answer.status not in (200, 204):
                    raise RuntimeError(f"a deactivation was answered {answer.status}: {said[:400]}")
            proven(server, resource, size)
            figures[str(size)] = {"median_ms": statistics.median(times), "p99_ms": statistics.quantiles(times, n=100)[98], "samples": len(times)}
    return figures
