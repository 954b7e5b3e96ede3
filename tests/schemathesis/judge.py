#!/usr/bin/env python3
"""schemathesis against each OpenAPI document of a real Portico.

For every operation it sends the document's examples, the edges of its schemas and drawn requests, valid and invalid ones,
with working credentials, and asks: no 5xx, no status, media type or body that the document does not name. Each document
gets a server of its own. A run in which nothing succeeded, or whose credentials died on the way, fails: it would show little.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from support.portico import ADMIN_EMAIL, ADMIN_PASSWORD, running  # noqa: E402

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
# Drawn requests an operation. The administration API has the most operations, many of them twice (of an organization, of the
# instance) and with the same bodies.
EXAMPLES = {"auth": 30, "scim": 30, "admin": 8}
MINUTES = float(os.environ.get("SCHEMATHESIS_MINUTES", "15"))

# Excluded, with the reason. Everything else is tested.
EXCLUDED = {
    "auth": {},
    "scim": {},
    "admin": {"GET /v1/events/stream": "it answers without end; the project's own tests follow it"},
}

# What ends the caller's own session, account or membership is sent by somebody expendable (see hooks.py).
SESSION_ENDING = [
    "sign-out", "revoke-session", "revoke-sessions", "revoke-other-sessions", "delete-user", "delete-user/callback",
    "change-password", "change-email", "organization/delete", "organization/leave", "organization/remove-member",
    "organization/update-member-role", "organization/set-active", "multi-session/revoke", "delete-anonymous-user",
    # With several sessions in a browser, the second of one person takes the place of the first.
    "sign-in/email",
]  # fmt: skip


ADMINISTRATION = [
    "ban-user", "unban-user", "set-role", "set-user-password", "update-user", "impersonate-user", "list-user-sessions",
    "revoke-user-sessions", "remove-user",
]  # fmt: skip


def made(answer, *path):
    if answer.status not in (200, 201):
        raise RuntimeError(f"the preparation failed: {answer}")
    return answer[path] if path else answer


def person(number, domain="acme.example"):
    address = f"known{number}@{domain}"
    return {"schemas": [USER], "userName": address, "externalId": f"known-{number}", "active": True,
            "emails": [{"value": address, "type": "work", "primary": True}]}  # fmt: skip


def prepare_auth(portico):
    admin = portico.admin()
    organization = made(admin.post("/api/auth/organization/create", {"name": "Judged", "slug": "judged"}))
    invite = {"email": "invited@judge.example", "role": "member", "organizationId": organization["id"]}
    invitation = made(admin.post("/api/auth/organization/invite-member", invite), "id")
    made(admin.post("/api/auth/scim/generate-token", {"providerId": "okta", "organizationId": organization["id"]}))
    someone = {"name": "Somebody", "email": "somebody@judge.example", "password": "a password of somebody"}
    somebody = made(admin.post("/api/auth/admin/create-user", someone), "user", "id")
    cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
    return {
        "headers": {"cookie": cookie, "origin": portico.base},
        "alive": lambda: admin.get("/api/auth/get-session")["user", "id"] is not None,
        "parameters": {
            "organizationId": organization["id"], "organizationSlug": "judged", "invitationId": invitation,
            "memberId": organization["members", 0, "id"], "userId": organization["members", 0, "userId"], "providerId": "okta",
        },
        "by_path": {
            "/api/auth/sign-in/email": {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD},
            "/api/auth/verify-password": {"password": ADMIN_PASSWORD},
            # What administrators do to people, they do not do to themselves here.
            **{f"/api/auth/admin/{act}": {"userId": somebody} for act in ADMINISTRATION},
        },
        "sessions": [f"{method} /api/auth/{path}" for path in SESSION_ENDING for method in ("GET", "POST")],
    }  # fmt: skip


def prepare_scim(portico):
    scim = portico.scim()
    users = [made(scim.post("/scim/v2/Users", person(n)), "id") for n in range(25)]
    group = lambda n: {"schemas": [GROUP], "displayName": f"Known {n}", "members": [{"value": users[0]}]}  # noqa: E731
    groups = [made(scim.post("/scim/v2/Groups", group(n)), "id") for n in range(25)]
    known = {}
    for base in ("/scim/v2", "/api/auth/scim/v2"):
        known |= {f"{base}/Users/{{id}}": {"id": users[0]}, f"{base}/Groups/{{id}}": {"id": groups[0]}}
        known |= {f"{base}/Schemas/{{urn}}": {"urn": USER}, f"{base}/ResourceTypes/{{name}}": {"name": "User"}}
    expendable = {
        "DELETE /scim/v2/Users/{id}": {"parameter": "id", "values": users[1:]},
        "DELETE /scim/v2/Groups/{id}": {"parameter": "id", "values": groups[1:]},
    }
    return {
        "headers": {"authorization": scim.authorization},
        "alive": lambda: scim.get("/scim/v2/Users", count=1).status == 200,
        "by_path": known,
        "unique": ["userName", "externalId", "displayName"],
        "expendable": expendable,
        "protected": {"DELETE /scim/v2/Users/{id}": [users[0]], "DELETE /scim/v2/Groups/{id}": [groups[0]]},
    }


def synced(portico, key, base, scim):
    """Lets somebody come, be in a group and go; the ids of all that is then to be seen below the directory at `base`."""
    if scim is None:
        credential = made(key.post(f"{base}/credentials", {"name": "Judge", "type": "bearer"}), "token")
        scim = portico.scim(credential)
    stays, goes = (made(scim.post("/scim/v2/Users", person(n)), "id") for n in (900, 901))
    group = made(scim.post("/scim/v2/Groups", {"schemas": [GROUP], "displayName": "Judges", "members": [{"value": stays}]}), "id")
    gone = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    made(scim("PATCH", f"/scim/v2/Users/{goes}", gone))
    made(key("PUT", f"{base}/attribute-mappings", {"mapping": {"title": "public_metadata.title"}}))
    seen = {"directory_id": base.rsplit("/", 1)[1], "directory_user_id": stays, "directory_group_id": group, "version": "1"}
    for _ in range(50):
        lists = {name: key.get(f"{base}/{path}")["data"] for name, path in (("request_id", "requests"), ("receipt_id", "receipts"), ("job_id", "jobs"))}
        if all(lists.values()):
            break
        time.sleep(0.1)
    return seen | {name: entries[0]["id"] for name, entries in lists.items() if entries}


def prepare_admin(portico):
    key, organization = portico.secret_key(), portico.boot["organization_id"]
    home = f"/v1/organizations/{organization}"
    users = [made(key.post("/v1/users", {"email_address": f"known{n}@judge.example"}), "id") for n in range(20)]
    spare = [made(key.post("/v1/organizations", {"name": f"Spare {n}", "slug": f"spare-{n}"}), "id") for n in range(10)]
    tokens = [made(key.post(f"{home}/scim/tokens", {"name": f"Spare {n}"}), "id") for n in range(10)]
    keys = [made(key.post("/v1/secret-keys", {"name": f"Spare {n}"}), "id") for n in range(10)]
    own = portico.boot["directory_id"]
    shared = made(key.post("/v1/directories", {"name": "Instance"}), "id")
    directories = {home: [], "/v1": []}
    credentials = {f"{home}/directories/{own}": [], f"/v1/directories/{shared}": []}
    for base, spare_directories in directories.items():
        spare_directories += [made(key.post(f"{base}/directories", {"name": f"Spare {n}"}), "id") for n in range(10)]
    for base, spare_credentials in credentials.items():
        spare_credentials += [made(key.post(f"{base}/credentials", {"name": f"Spare {n}", "type": "basic"}), "id") for n in range(25)]
    by_path, expendable, protected = {"/v1/secret-keys/{secret_key_id}": {"secret_key_id": keys[0]}}, {}, {}
    for prefix, directory, spare_directories, spare_credentials in (
        ("/v1/organizations/{organization_id}", own, *list(zip(directories.values(), credentials.values()))[0]),
        ("/v1", shared, *list(zip(directories.values(), credentials.values()))[1]),
    ):
        base = f"{prefix}/directories/{{directory_id}}"
        one = f"{base}/credentials/{{credential_id}}"
        for path in (base, f"{base}/credentials", one, *(f"{one}/{step}" for step in ("revoke", "rotate", "rotate/complete", "rotate/cancel"))):
            by_path[path] = {"directory_id": directory, "credential_id": spare_credentials[0]}
        expendable[f"DELETE {base}"] = {"parameter": "directory_id", "values": spare_directories}
        protected[f"DELETE {base}"] = [directory]
        for method, path, share in (("DELETE", one, slice(1, 9)), ("POST", f"{one}/revoke", slice(9, 17)), ("POST", f"{one}/rotate", slice(17, 25))):
            expendable[f"{method} {path}"] = {"parameter": "credential_id", "values": spare_credentials[share]}
            protected[f"{method} {path}"] = [spare_credentials[0]]
        urns, schema = [f"urn:judge:n{n}:User" for n in range(8)], f"{base}/schemas/{{urn}}"
        for urn in urns:
            definition = {"name": "Judged", "attributes": [{"name": "badge", "type": "string"}]}
            made(key("PUT", schema.format(organization_id=organization, directory_id=directory, urn=urn), definition))
        by_path[f"{base}/schemas"] = {"directory_id": directory}
        by_path[schema] = {"directory_id": directory, "urn": urns[0]}
        expendable[f"DELETE {schema}"] = {"parameter": "urn", "values": urns[1:]}
    made(key.post(f"{home}/memberships", {"user_id": users[0], "role": "org:member"}))
    role = made(key.post("/v1/roles", {"key": "org:judged", "name": "Judged", "permissions": []}), "id")
    endpoint = made(key.post("/v1/webhooks/endpoints", {"url": "https://receiver.invalid/hook", "enabled_event_types": ["role.created"]}), "id")
    domain = made(key.post(f"{home}/domains", {"name": "judged.example"}), "id")
    spares = {
        "DELETE /v1/roles/{role_id}": [role] + [made(key.post("/v1/roles", {"key": f"org:spare{n}", "name": "Spare", "permissions": []}), "id") for n in range(5)],
        "DELETE /v1/webhooks/endpoints/{endpoint_id}": [endpoint]
        + [made(key.post("/v1/webhooks/endpoints", {"url": f"https://receiver.invalid/{n}", "enabled_event_types": ["role.created"]}), "id") for n in range(5)],
        "DELETE /v1/organizations/{organization_id}/domains/{domain_id}": [domain]
        + [made(key.post(f"{home}/domains", {"name": f"spare{n}.example"}), "id") for n in range(5)],
    }
    for label, (kept, *rest) in spares.items():
        protected[label], expendable[label] = [kept], {"parameter": label.rsplit("{")[-1].rstrip("}"), "values": rest}
    by_prefix = [
        ["/v1/organizations/{organization_id}/directories/{directory_id}", synced(portico, key, f"{home}/directories/{own}", portico.scim())],
        ["/v1/directories/{directory_id}", synced(portico, key, f"/v1/directories/{shared}", None)],
    ]
    invitations = [
        made(key.post(f"{home}/invitations", {"email_address": f"invited{n}@judge.example", "role": "org:member"}), "id") for n in range(10)
    ]
    return {
        "headers": {"authorization": key.authorization},
        "alive": lambda: key.get("/v1/users/count").status == 200,
        "parameters": {
            "organization_id": organization, "user_id": users[0], "directory_id": own, "role_id": role,
            "endpoint_id": endpoint, "domain_id": domain, "session_id": key.get("/v1/sessions")["data", 0, "id"],
        },
        "by_prefix": by_prefix,
        # Each asks itself half a thousand questions.
        "costly": {f"POST {prefix}/self-test": 3 for prefix, _ in by_prefix},
        "by_path": by_path,
        "expendable": {
            "DELETE /v1/users/{user_id}": {"parameter": "user_id", "values": users[1:]},
            "DELETE /v1/organizations/{organization_id}": {"parameter": "organization_id", "values": spare},
            "POST /v1/organizations/{organization_id}/scim/tokens/{token_id}/revoke": {"parameter": "token_id", "values": tokens},
            "POST /v1/organizations/{organization_id}/invitations/{invitation_id}/revoke": {"parameter": "invitation_id", "values": invitations},
            "POST /v1/secret-keys/{secret_key_id}/revoke": {"parameter": "secret_key_id", "values": keys},
            **expendable,
        },
        # The organization may be read and changed by every operation, only not deleted.
        "protected": {"DELETE /v1/organizations/{organization_id}": [organization], **protected},
    }


# Every way in that is off unless it is switched on: the document has them all.
METHODS = {
    **{
        f"PORTICO__METHODS__{name}__ENABLED": "true"
        for name in (
            "MAGIC_LINK", "EMAIL_OTP", "USERNAME", "PHONE_NUMBER", "ANONYMOUS", "ONE_TIME_TOKEN", "MULTI_SESSION",
            "LAST_LOGIN_METHOD", "API_KEY",
            "JWT", "PASSKEY", "DEVICE",
        )
    },
    # Passkeys are bound to a name, never to an address.
    "PORTICO__METHODS__PASSKEY__RP_ID": "localhost",
    "PORTICO__METHODS__PASSKEY__ORIGINS": "http://localhost",
    "PORTICO__METHODS__DEVICE__CLIENT_IDS": "my-cli",
}  # fmt: skip

PREPARE = {"auth": prepare_auth, "scim": prepare_scim, "admin": prepare_admin}


def run(document, portico, folder):
    """Runs schemathesis on one document; gives its exit status and the tally of answers."""
    prepared = PREPARE[document](portico)
    alive = prepared.pop("alive")
    state = {"base": portico.base, "parameters": {}, "by_path": {}, "by_prefix": [], "costly": {}, "expendable": {}, "protected": {}, "sessions": [], "unique": [], **prepared}
    (folder / "state.json").write_text(json.dumps(state))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{portico.base}/openapi/{document}.json", "--url", portico.base, "--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", str(EXAMPLES[document])),
    ]  # fmt: skip
    for operation in EXCLUDED[document]:
        command += ["--exclude-name", operation]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
        "JUDGE_STATE": str(folder / "state.json"),
        "JUDGE_TALLY": str(folder / "tally.json"),
    }
    try:
        status = subprocess.run(command, env=environment, cwd=folder, timeout=MINUTES * 60).returncode
    except subprocess.TimeoutExpired:
        print(f"FAIL  {document}: not done after {MINUTES:g} minutes")
        status = 1
    tally = json.loads((folder / "tally.json").read_text()) if (folder / "tally.json").exists() else {}
    if not alive():
        print(f"FAIL  {document}: the credentials no longer work at the end of the run")
        status = 1
    if portico.panic():
        print(f"FAIL  {document}: the server {portico.panic()}")
        status = 1
    return status, tally


def report(document, tally, seconds):
    """One line per operation that never succeeded; an error if that is most of them."""
    operations, succeeded = {}, Counter()
    for line, count in tally.items():
        label, status = line.rsplit(" ", 1)
        operations.setdefault(label, Counter())[status] += count
        succeeded[label] += count if status[0] in "23" else 0
    barren = sorted(label for label in operations if not succeeded[label])
    print(f"# {document}: {sum(tally.values())} requests to {len(operations)} operations in {seconds:.0f} s")
    for label in barren:
        print(f"  never a success: {label} {dict(operations[label])}")
    for label, reason in EXCLUDED[document].items():
        print(f"  excluded: {label} ({reason})")
    if len(operations) < 5 or len(barren) > len(operations) / 2:
        print(f"FAIL  {document}: too few operations were reached to judge the document")
        return False
    return True


def main():
    chosen = sys.argv[1:] or list(PREPARE)
    passed = failed = 0
    for document in chosen:
        print(f"# schemathesis on /openapi/{document}.json", flush=True)
        with running("sqlite", settings=METHODS) as portico, tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            try:
                status, tally = run(document, portico, Path(folder))
                good = report(document, tally, time.monotonic() - started) and status == 0
            except Exception as error:
                print(f"FAIL  {document}: {error!r}\n{portico.panic() or ''}")
                good = False
        passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
