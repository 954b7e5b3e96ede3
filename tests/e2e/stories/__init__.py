"""One module a story: `tell(portico, check)`. What several of them say is here."""

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

# What Okta sends as a password when none is synchronized; it must never come back.
SENT_PASSWORD = "q7-never-shown"


def person(local, domain="acme.example", **more):
    """A SCIM user as Okta creates it."""
    address = f"{local}@{domain}"
    return {
        "schemas": [USER],
        "userName": address,
        "externalId": f"ext-{local}",
        "name": {"givenName": local.title(), "familyName": "Tester"},
        "displayName": f"{local.title()} Tester",
        "emails": [{"primary": True, "value": address, "type": "work"}],
        "locale": "en-US",
        "groups": [],
        "password": SENT_PASSWORD,
        "active": True,
        **more,
    }


def patch(*operations):
    """A PatchOp message."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def deactivation(active=False):
    """Okta's way to switch a person off (or on): no path."""
    return patch({"op": "replace", "value": {"active": active}})


def members(admin, portico):
    """The organization's members by email, as the portal lists them."""
    answer = admin.get("/api/auth/organization/list-members", organizationId=portico.boot["organization_id"])
    return {one["user"]["email"]: one for one in answer["members"] or []}


def session(caller):
    """The caller's session as the portal reads it; None without one."""
    return caller.get("/api/auth/get-session").json


def sign_in(caller, email, password):
    return caller.post("/api/auth/sign-in/email", {"email": email, "password": password})


def first_sign_in(portico, email, password):
    """How a provisioned person gets in: through the mailbox. Returns the caller and the answer to the sign-in."""
    caller = portico.caller()
    caller.post("/api/auth/request-password-reset", {"email": email, "redirectTo": "/"})
    link = portico.mail.wait(email, r"/reset-password/([A-Za-z0-9_-]+)")
    if not link:
        raise AssertionError(f"no reset mail came to {email}")
    answer = caller.post("/api/auth/reset-password", {"token": link.group(1), "newPassword": password})
    if answer.status != 200:
        raise AssertionError(f"the reset was refused: {answer}")
    return caller, sign_in(caller, email, password)
