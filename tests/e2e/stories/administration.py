"""An integration with a secret key: the organization's endpoint and tokens, the people, and the events of a person's way."""

import re
import time

from support.caller import SCIM_MEDIA, Caller

from . import SENT_PASSWORD, USER, deactivation, person

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def tell(portico, check):
    key, organization = portico.secret_key(), portico.boot["organization_id"]
    home = f"/v1/organizations/{organization}"
    endpoint = key.get(f"{home}/scim/endpoint")
    check("the endpoint is one URL for all", (endpoint["endpoint_url"] or "").rstrip("/") == f"{portico.base}/scim/v2", endpoint)
    token = tokens(check, key, home, organization)
    scim = Caller(portico.base, f"Bearer {token['token']}", SCIM_MEDIA)
    check("the token works", scim.get("/scim/v2/ServiceProviderConfig").status == scim.get("/scim/v2/Users", count=1).status == 200)
    identifier = people(check, key, home, scim)
    events(check, key, organization, scim, identifier)
    revoked = key.post(f"{home}/scim/tokens/{token['id']}/revoke")
    check("the token is revoked", revoked.status in (200, 204), revoked)
    check("and refused at once", scim.get("/scim/v2/Users", count=1).status == 401)
    command_line(portico, check, organization)
    strangers(portico, check, home)


def tokens(check, key, home, organization):
    made = key.post(f"{home}/scim/tokens", {"name": "Okta — Production"})
    token = made.json or {}
    check("a token is made", made.status in (200, 201) and token.get("object") == "scim_token", made)
    shapes = re.match(r"scimt_\w+$", token.get("id", "")), re.match(r"scim_\w+$", token.get("prefix", ""))
    check("its id and prefix have their shapes", all(shapes), made)
    check("it is shown with its prefix", token.get("token", "").startswith(token.get("prefix", "?")), made)
    check("it belongs to the organization", token.get("organization_id") == organization and token.get("revoked_at", 0) is None, made)
    check("times are milliseconds", isinstance(token.get("created_at"), int) and token["created_at"] > 1_600_000_000_000, made)
    listed = key.get(f"{home}/scim/tokens", limit=500)
    check("the list shows its prefix, not the token", token["prefix"] in listed.text and token["token"] not in listed.text, listed)
    return token


def people(check, key, home, scim):
    made = scim.post("/scim/v2/Users", person("dave", **{"schemas": [USER, ENTERPRISE], ENTERPRISE: {"department": "R&D"}}))
    check("a person with a department is created", made.status == 201 and made[ENTERPRISE, "department"] == "R&D", made)
    found = key.get("/v1/users", query="dave@acme.example")
    user = found["data", 0] or {}
    check("the person is a user", found["total_count"] == 1 and user.get("object") == "user", found)
    check("with the directory's names", (user.get("first_name"), user.get("last_name")) == ("Dave", "Tester"), found)
    check("with metadata that is an object", isinstance(user.get("public_metadata"), dict), found)
    memberships = key.get(f"{home}/memberships", limit=500)
    mine = [one for one in memberships["data"] or [] if one["public_user_data"]["identifier"] == "dave@acme.example"]
    check("and a member of the organization", [one["role"] for one in mine] == ["org:member"], memberships)
    return made["id"]


def events(check, key, organization, scim, identifier):
    scim("PATCH", f"/scim/v2/Users/{identifier}", deactivation())
    wanted, deadline = {"scimUser.provisioned", "scimUser.deprovisioned"}, time.monotonic() + 10
    while True:
        answer = key.get("/v1/events", limit=500)
        seen = {one["type"]: one for one in answer["data"] or []}
        if wanted <= set(seen) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for kind in sorted(wanted):
        data = seen.get(kind, {}).get("data", {})
        check(f"{kind} names the organization", data.get("organization_id") == organization, sorted(seen))
        check(f"{kind} carries the user and a connection", data.get("user", {}).get("id") and "enterprise_connection_id" in data, data)
    check("no event holds the password", SENT_PASSWORD not in answer.text)
    order = [one["sequence"] for one in answer["data"] or []]
    check("events come in their order", order == sorted(order), order)


def command_line(portico, check, organization):
    """The operator's way to a token, without any script."""
    text = portico.output("token", "create", "--organization", organization)
    token = re.search(r"scim_[0-9A-Za-z]{40,}", text)
    check("the command prints a token", token, text)
    check("which works", token and portico.scim(token.group(0)).get("/scim/v2/Users", count=1).status == 200, text)
    again = portico.bootstrap()
    same = [again[name] == portico.boot[name] for name in ("user_id", "organization_id", "directory_id")]
    check("bootstrap once more finds what it made", all(same), again)
    check("and makes new secrets", again["scim_token"] != portico.boot["scim_token"] and again["secret_key"] != portico.boot["secret_key"])
    check("the first ones stay good", portico.scim().get("/scim/v2/Users", count=1).status == 200)
    # Raises unless it ends well.
    check("the doctor finds nothing wrong", portico.output("doctor").strip())


def strangers(portico, check, home):
    for name, caller in (("nobody", portico.caller()), ("a wrong key", Caller(portico.base, "Bearer sk_nonsense"))):
        answer = caller.get(f"{home}/scim/tokens")
        media = (answer.headers.get("content-type") or "").split(";")[0]
        check(f"{name} is refused as a problem", answer.status == 401 and media == "application/problem+json" and answer["code"], answer)
    guest = portico.caller()
    guest.post("/api/auth/sign-up/email", {"name": "Guest", "email": "guest@elsewhere.example", "password": "a password of the guest"})
    answer = guest.get(f"{home}/scim/tokens")
    check("a signed-in stranger sees nothing", answer.status in (401, 403, 404), answer)
