"""Fills either server's SQLite file with people, their sessions and magic links: copies of rows that the server made itself, with ids,
addresses and secrets of their own. The secrets are known, so that the driver can show them."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from contextlib import closing
from urllib.parse import quote

COOKIE = "better-auth.session_token"


def token(number):
    return f"benchmark-session-{number:014}"


def link(number):
    return f"benchmark-magic-link-{number:011}"


def cookie(number, secret):
    """The signed cookie of a session: the same on both servers."""
    signature = base64.b64encode(hmac.new(secret.encode(), token(number).encode(), hashlib.sha256).digest()).decode()
    return f"{COOKIE}={quote(f'{token(number)}.{signature}', safe='')}"


def address(number):
    return f"many{number:07}@bench.example"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def copy(db, table, where, count, different):
    """So many copies of the row that matches; `different` makes the columns that must not be the same, of the copy's number."""
    cursor = db.execute(f'SELECT * FROM "{table}" WHERE {where} LIMIT 1')
    columns, pattern = [column[0] for column in cursor.description], cursor.fetchone()
    if pattern is None:
        raise RuntimeError(f"{table} has no row where {where}")
    unknown = set(different) - set(columns)
    if unknown:
        raise RuntimeError(f"{table} has no {unknown}")
    makers = [different.get(column, lambda _, value=value: value) for column, value in zip(columns, pattern, strict=True)]
    rows = ([make(number) for make in makers] for number in range(count))
    db.execute("BEGIN")
    db.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(columns))})', rows)
    db.execute("COMMIT")


def fill(path, ours, email, users, sessions, links):
    """`users` people with so many sessions each, and a number of links that sign the first of them in."""
    user, session = (("users", "sessions") if ours else ("user", "session"))
    person, opened = (lambda n: f"user_many{n:022}"), (lambda n: f"sess_many{n:022}")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for setting in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000"):
            db.execute(f"PRAGMA {setting}")
        owner = db.execute(f'SELECT id FROM "{user}" WHERE email = ?', [email]).fetchone()[0]
        keys = {"email_key": address} if ours else {}
        verified = "email_verified" if ours else "emailVerified"
        copy(db, user, f"id = '{owner}'", users, {"id": person, "email": address, verified: lambda _: 1, **keys})
        kept = {"token_hash": lambda n: digest(token(n)), "user_id": lambda n: person(n // sessions)} if ours else {"token": token, "userId": lambda n: person(n // sessions)}
        of = "user_id" if ours else "userId"
        copy(db, session, f"{of} = '{owner}'", users * sessions, {"id": opened, **kept})
        now = int(time.time() * 1000)
        if ours:
            rows = ((f"ver_many{n:022}", "magic-link", digest(link(n)), person(n), json.dumps({"email": address(n), "name": None}), now + 3_600_000, now) for n in range(links))
            db.executemany("INSERT INTO verifications (id, purpose, token_hash, user_id, value, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        else:
            moment = lambda at: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at / 1000))  # noqa: E731
            rows = ((f"vermany{n:022}", link(n), json.dumps({"email": address(n)}), moment(now + 3_600_000), moment(now), moment(now)) for n in range(links))
            db.executemany('INSERT INTO verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt") VALUES (?, ?, ?, ?, ?, ?)', rows)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
