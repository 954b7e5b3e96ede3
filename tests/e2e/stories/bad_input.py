"""What nobody should send: in each dialect a clear error of that dialect, never a 5xx, and nothing changed."""

import json

from support.caller import SCIM_MEDIA, Caller

from . import ERROR, person, session

DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
NOT_UTF8 = b'{"name":"\xff\xfe","userName":"\xff","email":"\xff@x.example","password":"\xff"}'


def tell(portico, check):
    admin, key, scim = portico.admin(), portico.secret_key(), portico.scim()
    scim.post("/scim/v2/Users", person("witness"))
    before = state(key, scim, admin)
    auth_dialect(portico, check, admin)
    scim_dialect(portico, check, scim, key)
    admin_dialect(portico, check, key)
    check("nothing of all this changed anything", state(key, scim, admin) == before, (before, state(key, scim, admin)))
    check("and everybody goes on", scim.get("/scim/v2/Users").status == 200 and session(admin))


def state(key, scim, admin):
    return (
        key.get("/v1/users/count").json,
        scim.get("/scim/v2/Users")["totalResults"],
        scim.get("/scim/v2/Groups")["totalResults"],
        [(one["id"], one["name"]) for one in admin.get("/api/auth/organization/list").json],
        session(admin)["user"]["name"],
    )


def bodies(fields, limit=1_000_000):
    """Bodies that are wrong in every dialect, and one over the limit: (what, bytes, statuses that say so)."""
    nul = json.dumps({name: f"{value}\0" for name, value in fields.items()}).encode()
    lone = json.dumps(fields).replace('": "', '": "\\ud800', 1).encode()
    return [
        ("malformed JSON", b'{"name": ', (400,)),
        ("an empty body", b"", (400,)),
        ("an array", b"[]", (400, 422)),
        ("a number", b"7", (400, 422)),
        ("null", b"null", (400, 422)),
        ("wrong types", json.dumps(dict.fromkeys(fields, {"a": [1]})).encode(), (400, 422)),
        ("deep nesting", DEEP, (400, 413)),
        ("NUL in texts", nul, (400, 422)),
        ("a lone surrogate", lone, (400, 422)),
        ("broken UTF-8", NOT_UTF8, (400,)),
        ("too much", b'{"name":"' + b"x" * (limit + limit // 8) + b'"}', (413,)),
    ]


def auth_dialect(portico, check, admin):
    def shaped(what, answer, statuses):
        good = answer.status in statuses and (answer.status == 404 or isinstance(answer["message"], str))
        check(f"auth: {what}", good, answer)

    targets = {
        "/api/auth/sign-up/email": {"name": "n", "email": "n@x.example", "password": "12345678"},
        "/api/auth/sign-in/email": {"email": "n@x.example", "password": "12345678"},
        "/api/auth/organization/create": {"name": "n", "slug": "n"},
    }
    for path, fields in targets.items():
        for what, raw, statuses in bodies(fields):
            # A NUL in an address to sign in with is an address nobody has.
            shaped(f"{what} to {path}", admin("POST", path, raw=raw), (*statuses, 401) if "sign-in" in path and "NUL" in what else statuses)
        text = admin("POST", path, raw=json.dumps(fields).encode(), headers={"content-type": "text/plain"})
        shaped(f"a wrong media type to {path}", text, (415,))
    shaped("NUL in a profile", admin.post("/api/auth/update-user", {"name": "a\0b"}), (400,))
    shaped("a wrong method", admin.get("/api/auth/sign-in/email"), (404,))
    shaped("an unknown path", admin.get("/api/auth/no-such-thing"), (404,))
    for strange in ("../../etc", "x" * 5000, "\0", "'; DROP TABLE users; --"):
        answer = admin.get("/api/auth/organization/get-full-organization", organizationId=strange)
        shaped(f"the organization {strange[:20]!r}", answer, (400, 403, 404))
    broken = portico.caller()("GET", "/api/auth/get-session", headers={"cookie": "better-auth.session_token=%%%.x; \x80=\x81"})
    check("auth: a broken cookie is no session", broken.status in (200, 400) and broken["user"] is None, broken)


def scim_dialect(portico, check, scim, key):
    def shaped(what, answer, statuses, kind=None):
        good = answer.status in statuses and answer["schemas"] == [ERROR] and answer["status"] == str(answer.status)
        check(f"scim: {what}", good and (kind is None or answer["scimType"] == kind), answer)

    for path, fields in (("/scim/v2/Users", {"userName": "n@acme.example", "externalId": "n"}), ("/scim/v2/Groups", {"displayName": "n"})):
        for what, raw, statuses in bodies(fields, 16_000_000):
            shaped(f"{what} to {path}", scim("POST", path, raw=raw), statuses)
        shaped(f"a wrong media type to {path}", scim("POST", path, raw=b"{}", headers={"content-type": "text/plain"}), (415,))
        shaped(f"an unknown id of {path}", scim.get(f"{path}/no-such-id"), (404,))
        shaped(f"a wrong method to {path}", scim("PUT", path, {}), (404, 405, 501))
    shaped("malformed JSON by its type", scim("POST", "/scim/v2/Users", raw=b"{"), (400,), "invalidSyntax")
    for filter_ in ("userName", "userName eq", 'userName eq "x', "(" * 500 + 'userName eq "x"' + ")" * 500, 'password eq "x"'):
        shaped(f"the filter {filter_[:20]!r}", scim.get("/scim/v2/Users", filter=filter_), (400,), "invalidFilter")
    for path, body in (("active", "perhaps"), ("id", "mine"), ("no[such", 1)):
        made = scim.get("/scim/v2/Users")["Resources", 0, "id"]
        operation = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": path, "value": body}]}
        shaped(f"a patch of {path!r}", scim("PATCH", f"/scim/v2/Users/{made}", operation), (400,))
    nobody = Caller(portico.base, None, SCIM_MEDIA)
    shaped("no credentials, before the body is looked at", nobody("POST", "/scim/v2/Users", raw=b"{"), (401,))
    foreign_ids(portico, shaped, scim, key)


def foreign_ids(portico, shaped, scim, key):
    """Another organization's directory: its ids are nobody's ids here."""
    other = key.post("/v1/organizations", {"name": "Other", "slug": "other"})["id"]
    token = key.post(f"/v1/organizations/{other}/scim/tokens", {"name": "Other"})["token"]
    mine = scim.get("/scim/v2/Users")["Resources", 0, "id"]
    stranger = portico.scim(token)
    for method, body in (("GET", None), ("PUT", person("witness")), ("PATCH", {"schemas": [], "Operations": []}), ("DELETE", None)):
        statuses = (404,) if method != "PATCH" else (400, 404)
        shaped(f"{method} of a foreign id", stranger(method, f"/scim/v2/Users/{mine}", body), statuses)
    key("DELETE", f"/v1/organizations/{other}")


def admin_dialect(portico, check, key):
    def shaped(what, answer, statuses):
        media = (answer.headers.get("content-type") or "").split(";")[0]
        good = answer.status in statuses and media == "application/problem+json" and isinstance(answer["code"], str)
        check(f"admin: {what}", good, answer)

    for path, fields in (("/v1/users", {"email_address": "n@x.example", "name": "n"}), ("/v1/organizations", {"name": "n", "slug": "n"})):
        for what, raw, statuses in bodies(fields):
            shaped(f"{what} to {path}", key("POST", path, raw=raw), statuses)
        shaped(f"a wrong media type to {path}", key("POST", path, raw=b"{}", headers={"content-type": "text/plain"}), (415,))
        shaped(f"an unknown id of {path}", key.get(f"{path}/no_such_id"), (404,))
        shaped(f"a wrong method to {path}", key("PUT", path, {}), (404, 405))
        for limit in ("0", "501", "-1", "many"):
            shaped(f"a limit of {limit} for {path}", key.get(path, limit=limit), (400, 422))
    shaped("an unknown path", key.get("/v1/no-such-thing"), (404,))
    shaped("no key, before the body is looked at", portico.caller()("POST", "/v1/users", raw=b"{"), (401,))
