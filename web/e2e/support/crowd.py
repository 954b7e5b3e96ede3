"""Copies somebody of a directory, with account, membership and grants, many times over: crowd.py DATABASE RESOURCE_ID COUNT WORD.

What an identity provider would push in minutes is there in a second; the counts are kept by the database's own triggers.
"""

import sqlite3
import sys

path, resource_id, count, word = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
db = sqlite3.connect(path, timeout=30, isolation_level=None)
db.row_factory = sqlite3.Row


def one(table, column, value):
    return dict(db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (value,)).fetchone())


def insert(table, rows):
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [list(row.values()) for row in rows])


person = one("directory_users", "id", resource_id)
account = one("users", "id", person["user_id"])
member = one("members", "user_id", account["id"])
grants = [dict(row) for row in db.execute("SELECT * FROM member_grants WHERE member_id = ?", (member["id"],))]

db.execute("BEGIN IMMEDIATE")
made = {"users": [], "members": [], "member_grants": [], "directory_users": [], "directory_user_emails": []}
email = one("directory_user_emails", "directory_user_id", resource_id)
for n in range(count):
    tail, name = f"{word}{n:06}", f"Person {n:05}"
    address = f"{tail}@example.com"
    user = f"user_{tail}"
    resource = person["resource"].replace(person["user_name"], address).replace(person["display_name"], name)
    made["users"].append({**account, "id": user, "name": name, "email": address, "email_key": address})
    made["members"].append({**member, "id": f"mem_{tail}", "user_id": user})
    for at, grant in enumerate(grants):
        made["member_grants"].append({**grant, **({"id": f"grant_{tail}{at}"} if "id" in grant else {}), "member_id": f"mem_{tail}"})
    made["directory_users"].append(
        {
            **person,
            "id": f"scimu_{tail}",
            "user_name": address,
            "user_name_key": address,
            "external_id": None,
            "display_name": name,
            "display_name_key": name.lower(),
            "resource": resource,
            "user_id": user,
            "created_at": person["created_at"] + n,
        }
    )
    made["directory_user_emails"].append({**email, "directory_user_id": f"scimu_{tail}", "value_key": address})
for table, rows in made.items():
    if rows:
        insert(table, rows)
db.execute("COMMIT")
