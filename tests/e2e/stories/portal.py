"""A developer portal with Okta: the admin makes a token, a person is assigned, signs in, is unassigned and assigned again."""

from support.caller import SCIM_MEDIA, Caller
from support.portico import ADMIN_EMAIL, ADMIN_PASSWORD

from . import ERROR, SENT_PASSWORD, deactivation, first_sign_in, members, patch, person, session, sign_in

SCIM = "/api/auth/scim/v2"
EMAIL, PASSWORD = "ann@acme.example", "ann chose this one"


def tell(portico, check):
    admin, token = connect(portico, check)
    okta = Caller(portico.base, f"Bearer {token}", SCIM_MEDIA)
    test_credentials(portico, check, token)
    identifier = assign(portico, check, admin, okta)
    ann = sign_in_first(portico, check)
    unassign(portico, check, admin, okta, identifier, ann)
    assign_again(portico, check, admin, okta, identifier)
    every_method(check, okta)


def connect(portico, check):
    """Tokens: of the instance and of an organization; by cookie, and by the whole Set-Cookie text as a script sends it."""
    admin = portico.caller()
    answer = sign_in(admin, ADMIN_EMAIL, ADMIN_PASSWORD)
    check("the admin signs in", answer.status == 200 and answer["user", "email"] == ADMIN_EMAIL and admin.cookies, answer)
    as_it_stands = ", ".join(answer.headers.get_all("set-cookie"))
    script = portico.caller()("POST", "/api/auth/scim/generate-token", {"providerId": "scripted"}, headers={"cookie": as_it_stands})
    check("the whole Set-Cookie text is a session too", script.status == 201 and script["scimToken"], script)
    instance = admin.post("/api/auth/scim/generate-token", {"providerId": "okta"})
    check("a token of the instance", instance.status == 201 and isinstance(instance["scimToken"], str), instance)
    own = admin.post("/api/auth/scim/generate-token", {"providerId": "okta", "organizationId": portico.boot["organization_id"]})
    check("a token of the organization", own.status == 201 and own["scimToken"] not in (None, instance["scimToken"]), own)
    nobody = portico.caller().post("/api/auth/scim/generate-token", {"providerId": "okta"})
    check("a stranger gets none", nobody.status == 401, nobody)
    return admin, own["scimToken"]


def test_credentials(portico, check, token):
    """Okta's "Test API Credentials", with the header as the admin typed it."""
    for how, header in (("Bearer", f"Bearer {token}"), ("bare", token)):
        answer = Caller(portico.base, header, SCIM_MEDIA).get(f"{SCIM}/Users", startIndex=1, count=2)
        check(f"the credentials test passes with the {how} token", answer.status == 200 and type(answer["totalResults"]) is int, answer)
    for wrong in ("nonsense", token[:-1] + ("a" if token[-1] != "a" else "b")):
        answer = Caller(portico.base, f"Bearer {wrong}", SCIM_MEDIA).get(f"{SCIM}/Users", startIndex=1, count=2)
        shaped = answer.status == 401 and answer["schemas"] == [ERROR] and answer["status"] == "401"
        check("a wrong token is refused as a SCIM error", shaped and answer.headers.get("www-authenticate"), answer)


def assign(portico, check, admin, okta):
    absent = okta.get(f"{SCIM}/Users", filter=f'userName eq "{EMAIL}"', startIndex=1, count=100)
    check("nobody found is an empty list", absent.status == 200 and absent["totalResults"] == 0, absent)
    made = okta.post(f"{SCIM}/Users", person("ann"))
    check("the person is created", made.status == 201 and made["id"] and made["active"] is True, made)
    check("the answer says where", made.headers.get("location") == made["meta", "location"] and made["meta", "location"], made)
    check("the password is not in the answer", SENT_PASSWORD not in made.text and "password" not in (made.json or {}), made)
    again = okta.post(f"{SCIM}/Users", person("ann", userName=EMAIL.upper()))
    check("once more, in capitals, is a conflict", again.status == 409 and again["scimType"] == "uniqueness", again)
    found = okta.get(f"{SCIM}/Users", filter=f'userName eq "{EMAIL.upper()}"')
    check("found without regard to case", found["totalResults"] == 1 and found["Resources", 0, "id"] == made["id"], found)
    listed = members(admin, portico).get(EMAIL)
    check("the portal lists the person as member", listed and listed["role"] == "member", listed)
    return made["id"]


def sign_in_first(portico, check):
    ann, answer = first_sign_in(portico, EMAIL, PASSWORD)
    check("the person gets in through the mailbox", answer.status == 200, answer)
    check("with the directory's name", (session(ann) or {}).get("user", {}).get("name") == "Ann Tester", session(ann))
    return ann


def unassign(portico, check, admin, okta, identifier, ann):
    phone = portico.caller()
    sign_in(phone, EMAIL, PASSWORD)
    bearer = session(phone)["session"]["token"]
    answer = okta("PATCH", f"{SCIM}/Users/{identifier}", deactivation())
    check("unassigned", answer.status in (200, 204), answer)
    for where, caller in (("browser", ann), ("phone", phone)):
        check(f"the very next request of the {where} has no session", session(caller) is None, caller.get("/api/auth/get-session"))
    check("nor has the token of one", session(Caller(portico.base, f"Bearer {bearer}")) is None)
    refused = sign_in(portico.caller(), EMAIL, PASSWORD)
    check("a new sign-in is refused", refused.status in (401, 403), refused)
    check("the portal lists the person no more", EMAIL not in members(admin, portico), members(admin, portico))
    read = okta.get(f"{SCIM}/Users/{identifier}")
    check("the directory still reads the person, inactive", read.status == 200 and read["active"] is False, read)


def assign_again(portico, check, admin, okta, identifier):
    answer = okta("PATCH", f"{SCIM}/Users/{identifier}", patch({"op": "Replace", "path": "active", "value": "True"}))
    check("assigned again, in Entra's words", answer.status in (200, 204), answer)
    check("and signs in again", sign_in(portico.caller(), EMAIL, PASSWORD).status == 200)
    check("and is a member again", members(admin, portico).get(EMAIL, {}).get("role") == "member")


def every_method(check, okta):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = okta(method, f"{SCIM}/Users/nobody", {} if method in ("POST", "PUT", "PATCH") else None)
        check(f"{method} reaches SCIM", 400 <= answer.status < 500 and answer["schemas"] == [ERROR], answer)
