"""Fills Better Auth's database with people: copies of the rows of one who was provisioned, with ids, addresses and keys of
their own. The keys that Better Auth looks people up by are random here: these people are there, and nobody asks for them."""

import secrets
import sqlite3
from contextlib import closing

# What must differ, by table: the column, and what it is made of.
TABLES = {
    "user": {"id": "user", "email": "mail"},
    "scimUser": {
        "id": "resource", "userId": "user", "connectionUserKey": "key", "userName": "mail", "userNameKey": "key", "primaryEmail": "mail",
        "workEmailValueIndex": "index", "emailValueIndex": "index", "externalId": "external", "externalIdKey": "key", "orderKey": "order",
    },
    "scimSubject": {"id": "key", "userId": "user", "profileSourceId": "resource"},
}  # fmt: skip


def fill(path, users):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("BEGIN")
        for table, different in TABLES.items():
            cursor = db.execute(f'SELECT * FROM "{table}" WHERE {"email" if table == "user" else "1"} {"LIKE ?" if table == "user" else ""} LIMIT 1',
                                ("user0%",) if table == "user" else ())  # fmt: skip
            columns = [column[0] for column in cursor.description]
            pattern = cursor.fetchone()
            marks = ",".join("?" * len(columns))
            db.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows(columns, pattern, different, users))
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rows(columns, pattern, different, users):
    old = pattern[columns.index("userName" if "userName" in columns else "id")]
    for number in range(users):
        mail = f"filled{number:07}@bench.example"
        made = {
            "user": f"filluser{number:024}",
            "resource": f"fillscim{number:024}",
            "mail": mail,
            "external": f"fill-{number}",
            "order": f"{1790000000000000 + number:018}:{secrets.token_hex(8)}",
        }
        values = []
        for column, value in zip(columns, pattern, strict=True):
            kind = different.get(column)
            if kind == "key":
                value = secrets.token_urlsafe(32)
            elif kind == "index":
                value = f"|{secrets.token_urlsafe(32)}|"
            elif kind:
                value = made[kind]
            elif isinstance(value, str) and "@" in old:
                value = value.replace(old, mail)
            values.append(value)
        yield values
