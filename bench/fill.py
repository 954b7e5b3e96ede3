"""Fills a directory with people and groups, as the application would have, but by SQL: a million in a minute or two.

    python3 bench/fill.py DATABASE_URL DIRECTORY_ID USERS [--groups 10000] [--first-group 0] [--start 1] [--print]

`sqlite://path` is filled in place, while no server has it open; `postgres://…` through psql, or by what --print
writes. People get the numbers from --start on; each has an account, a membership with its role, an address, and a place
in one of the groups. --first-group puts so many people into the first group, beside its own.

Names: userName `user0000001@bench.example`, externalId `ext0000001`, displayName `Given0000001 Bench`, group
`Group 00001`. Ids are TypeIDs whose instants are their rows'.
"""

import argparse
import subprocess
import sys
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 2026-01-01, and a millisecond for each row.
EPOCH = 1767225600000
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def letters(number, count):
    """An SQL number as letters of base 32, the most significant first."""
    places = reversed(range(count))
    return " || ".join(f"substr('{ALPHABET}', CAST((({number}) >> {5 * at}) & 31 AS INTEGER) + 1, 1)" for at in places)


def identifier(prefix, salt, n="n.i"):
    """The TypeID of the row `n`: a UUIDv7 of its instant, of which no two are the same."""
    mixed = f"(({n} * 2654435761 + {salt}) & 1099511627775)"
    return f"('{prefix}_' || {letters(f'({EPOCH} + {n})', 10)} || 'e' || {letters(mixed, 8)} || {letters(f'({n} * 40503 + {salt})', 7)})"


def digits(number, count):
    return f"substr(CAST({10 ** count} + {number} AS TEXT), 2)"


def numbers(first, last):
    """The table `n` of whole numbers, on both databases."""
    return f"WITH RECURSIVE n(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"


def statements(directory, users, groups, first_group, start):
    last, now = start + users - 1, f"({EPOCH} + n.i)"
    people, no = numbers(start, last), digits("n.i", 7)
    name, mail = f"('Given' || {no} || ' Bench')", f"('user' || {no} || '@bench.example')"
    resource, account = identifier("scimu", 11), identifier("user", 12)
    member, grant = identifier("mem", 13), identifier("grant", 14)
    group = lambda n: identifier("scimg", 15, n)  # noqa: E731
    json = (
        f"""'{{"schemas":["{USER}","{ENTERPRISE}"],"userName":"' || {mail} || '","externalId":"ext' || {no} || '","name":"""
        f"""{{"givenName":"Given' || {no} || '","familyName":"Bench","formatted":"' || {name} || '"}},"displayName":"' || {name} || '","""
        f""""active":true,"emails":[{{"value":"' || {mail} || '","type":"work","primary":true}}],"title":"Title ' || (n.i % 50) || '","""
        f""""{ENTERPRISE}":{{"employeeNumber":"' || {no} || '","department":"Department ' || (n.i % 200) || '"}}}}'"""
    )
    owned = f"FROM n JOIN directories d ON d.id = '{directory}' AND d.organization_id IS NOT NULL"
    if start > 1:
        # What a benchmark put into groups at a smaller size would make pages longer at the next one.
        yield f"DELETE FROM directory_group_members WHERE directory_id = '{directory}' AND created_at > {EPOCH + 10 ** 10}"
    yield f"""INSERT INTO users (id, name, first_name, last_name, email, email_key, email_verified, external_id, role, banned,
        public_metadata, private_metadata, access_epoch, created_by_directory_id, created_at, updated_at)
        {people} SELECT {account}, {name}, 'Given' || {no}, 'Bench', {mail}, {mail}, FALSE, 'ext' || {no}, 'user', FALSE,
        '{{}}', '{{}}', 0, '{directory}', {now}, {now} FROM n"""
    yield f"""INSERT INTO members (id, organization_id, user_id, status, access_epoch, public_metadata, private_metadata,
        created_at, updated_at)
        {people} SELECT {member}, d.organization_id, {account}, 'active', 0, '{{}}', '{{}}', {now}, {now} {owned}"""
    yield f"""INSERT INTO member_grants (id, organization_id, member_id, role, source, source_id, created_at)
        {people} SELECT {grant}, d.organization_id, {member}, 'member', 'default', d.id, {now} {owned}"""
    yield f"""INSERT INTO directory_users (id, directory_id, user_name, user_name_key, external_id, display_name,
        display_name_key, active, resource, version, user_id, link, created_at, updated_at)
        {people} SELECT {resource}, '{directory}', {mail}, {mail}, 'ext' || {no}, {name}, lower({name}), TRUE, {json}, 1,
        {account}, 'linked', {now}, {now} FROM n"""
    yield f"""INSERT INTO directory_user_emails (directory_user_id, directory_id, position, value_key, kind_key)
        {people} SELECT {resource}, '{directory}', 0, {mail}, 'work' FROM n"""
    if groups:
        title = f"('Group ' || {digits('n.i', 5)})"
        yield f"""INSERT INTO directory_groups (id, directory_id, display_name, display_name_key, resource, version,
            created_at, updated_at)
            {numbers(1, groups)} SELECT {group('n.i')}, '{directory}', {title}, lower({title}),
            '{{"schemas":["{GROUP}"],"displayName":"' || {title} || '"}}', 1, {now}, {now} FROM n"""
        which = group(f"(n.i % {groups} + 1)")
        into = "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)"
        yield f"{into} {people} SELECT {which}, {resource}, 'user', '{directory}', {now} FROM n"
        if first_group:
            yield f"""{into} {numbers(start, min(last, start + first_group - 1))}
                SELECT {group('1')}, {resource}, 'user', '{directory}', {now} FROM n WHERE n.i % {groups} <> 0"""


def fill_sqlite(path, script):
    import sqlite3

    db = sqlite3.connect(path, isolation_level=None)
    # What is lost if the machine stops now is made again.
    for setting in ("synchronous = OFF", "cache_size = -400000", "foreign_keys = OFF"):
        db.execute(f"PRAGMA {setting}")
    for statement in script:
        db.execute("BEGIN")
        db.execute(statement)
        db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database")
    parser.add_argument("directory")
    parser.add_argument("users", type=int)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--first-group", type=int, default=0)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--print", action="store_true")
    wanted = parser.parse_args()
    script = list(statements(wanted.directory, wanted.users, wanted.groups, wanted.first_group, wanted.start))
    began = time.monotonic()
    if wanted.print:
        print(";\n".join(script) + ";")
        return
    if wanted.database.startswith("sqlite:"):
        fill_sqlite(wanted.database.removeprefix("sqlite:").removeprefix("//").split("?")[0], script)
    else:
        text = ";\n".join(script) + ";\nVACUUM ANALYZE;\n"
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", wanted.database], input=text.encode(), check=True)
    print(f"{wanted.users} people in {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
