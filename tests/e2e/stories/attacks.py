"""Takeover, lock-out and pre-hijack by directory, each step by step; and an invitation that only its recipient can use."""

from . import deactivation, first_sign_in, members, patch, person, session, sign_in

OWN = "the password of its owner"


def tell(portico, check):
    takeover(portico, check)
    hijack_ahead(portico, check)
    borrowed_invitation(portico, check)


def sign_up(portico, local, domain, password=OWN):
    caller = portico.caller()
    email = f"{local}@{domain}"
    answer = caller.post("/api/auth/sign-up/email", {"name": local.title(), "email": email, "password": password})
    if answer.status != 200:
        raise AssertionError(f"{email} cannot sign up: {answer}")
    return caller, email


def takeover(portico, check):
    """A directory creates an account of a domain that its organization does not hold, renames it, and switches it off."""
    victim, email = sign_up(portico, "victim", "elsewhere.example")
    scim, admin = portico.scim(), portico.admin()
    made = scim.post("/scim/v2/Users", person("victim", "elsewhere.example"))
    check("provisioning somebody else's address is no error", made.status == 201, made)
    check("but makes no member without consent", email not in members(admin, portico), members(admin, portico))
    path = f"/scim/v2/Users/{made['id']}"
    scim("PATCH", path, patch(
        {"op": "replace", "path": "userName", "value": "evil@acme.example"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "evil@acme.example"},
        {"op": "replace", "path": "name.givenName", "value": "Evil"},
        {"op": "replace", "path": "password", "value": "a password of the attacker"},
    ))  # fmt: skip
    scim("PATCH", path, deactivation())
    user = (session(victim) or {}).get("user", {})
    check("the victim's session, address and name are untouched", (user.get("email"), user.get("name")) == (email, "Victim"), user)
    check("the victim signs in with the own password", sign_in(portico.caller(), email, OWN).status == 200)
    stolen = sign_in(portico.caller(), email, "a password of the attacker")
    check("the attacker's password does not work", stolen.status == 401, stolen)
    scim("DELETE", path)
    check("deleting the resource leaves the person alone", (session(victim) or {}).get("user", {}).get("email") == email)


def hijack_ahead(portico, check):
    """Somebody signs up as a future employee and waits to be provisioned."""
    evil, email = sign_up(portico, "chief", "acme.example", "a password of the attacker")
    made = portico.scim().post("/scim/v2/Users", person("chief"))
    check("the employee is provisioned", made.status == 201, made)
    check("the session from before is gone", session(evil) is None, session(evil))
    refused = sign_in(portico.caller(), email, "a password of the attacker")
    check("the password from before is gone", refused.status == 401, refused)
    chief, answer = first_sign_in(portico, email, "a password of the chief")
    check("the mailbox's owner gets in", answer.status == 200, answer)
    check("as a member", email in members(portico.admin(), portico))


def borrowed_invitation(portico, check):
    admin, organization = portico.admin(), portico.boot["organization_id"]
    thief, _ = sign_up(portico, "thief", "elsewhere.example")
    guest, email = sign_up(portico, "guest", "elsewhere.example")
    invited = admin.post("/api/auth/organization/invite-member", {"email": email, "role": "member", "organizationId": organization})
    letter = portico.mail.wait(email, r"/invitation/([A-Za-z0-9_-]+)")
    check("the invitation is mailed", letter and letter.group(1) == invited["id"], invited)
    taken = thief.post("/api/auth/organization/accept-invitation", {"invitationId": invited["id"]})
    check("somebody else cannot use it", taken.status in (400, 403), taken)
    accepted = guest.post("/api/auth/organization/accept-invitation", {"invitationId": invited["id"]})
    check("its recipient can", accepted.status == 200 and accepted["member", "role"] == "member", accepted)
    again = guest.post("/api/auth/organization/accept-invitation", {"invitationId": invited["id"]})
    check("once", again.status == 400, again)
