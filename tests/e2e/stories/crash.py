"""Restart and kill -9 in the midst of writes: what was answered is there afterwards, and nothing is half-done."""

import signal
import threading
import time

from support.caller import Caller

from . import deactivation, first_sign_in, person, session, sign_in

WRITERS, SECONDS, FEWEST = 4, 2.0, 20
EMAIL, PASSWORD = "keeper@acme.example", "a password that stays"


def tell(portico, check):
    scim = portico.scim()
    keeper_id = scim.post("/scim/v2/Users", person("keeper"))["id"]
    keeper, answer = first_sign_in(portico, EMAIL, PASSWORD)
    check("the keeper is in", answer.status == 200, answer)
    graceful(portico, check, keeper)
    for round_ in range(2):
        written = kill_while_writing(portico, round_)
        check(f"round {round_}: there was something to lose", len(written) >= FEWEST, len(written))
        portico.start()
        complete(portico, check, round_, written)
    check("the session outlived the crashes", session(keeper) is not None)
    ended_access_stays_ended(portico, check, keeper, keeper_id)
    queued_mail(portico, check)


def wait_for(condition, seconds=30):
    """Waits for it, but not for ever: what follows tells whether it came."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def graceful(portico, check, keeper):
    status = portico.stop()
    check("asked to end, the server ends well", status == 0, (status, portico.log()[-1000:]))
    portico.start()
    check("the session outlives a restart", (session(keeper) or {}).get("user", {}).get("email") == EMAIL)
    check("so does the token", portico.scim().get("/scim/v2/Users", filter=f'userName eq "{EMAIL}"')["totalResults"] == 1)


def kill_while_writing(portico, round_):
    """Writers create people until the server dies under them; returns what was answered: {id: userName}."""
    answered, stop = {}, threading.Event()

    def write(writer):
        scim, number = portico.scim(), 0
        while not stop.is_set():
            number += 1
            name = f"r{round_}w{writer}n{number}"
            try:
                answer = scim.post("/scim/v2/Users", person(name))
            except OSError:
                return
            if answer.status == 201:
                answered[answer["id"]] = f"{name}@acme.example"

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(SECONDS)
    wait_for(lambda: len(answered) >= FEWEST)
    portico.stop(signal.SIGKILL)
    stop.set()
    for writer in writers:
        writer.join(30)
    return answered


def everybody(scim):
    people, start = {}, 1
    while True:
        page = scim.get("/scim/v2/Users", startIndex=start, count=100)["Resources"] or []
        if not page:
            return people
        people.update((one["id"], one) for one in page)
        start += len(page)


def complete(portico, check, round_, written):
    people = everybody(portico.scim())
    lost = [name for identifier, name in written.items() if people.get(identifier, {}).get("userName") != name]
    check(f"round {round_}: whoever was answered is there", not lost, lost[:5])
    key = portico.secret_key()
    home = f"/v1/organizations/{portico.boot['organization_id']}/memberships"
    emails, offset = set(), 0
    while data := key.get(home, limit=500, offset=offset)["data"]:
        emails |= {one["public_user_data"]["identifier"] for one in data}
        offset += len(data)
    halves = {one["userName"] for one in people.values()} - emails
    check(f"round {round_}: whoever is there is a member, whole", not halves, sorted(halves)[:5])
    extra = emails - {one["userName"] for one in people.values()} - {"admin@example.com"}
    check(f"round {round_}: and no member is without the directory's record", not extra, sorted(extra)[:5])
    again = portico.scim().post("/scim/v2/Users", person(f"after{round_}"))
    check(f"round {round_}: writing goes on", again.status == 201, again)


def ended_access_stays_ended(portico, check, keeper, keeper_id):
    answer = portico.scim()("PATCH", f"/scim/v2/Users/{keeper_id}", deactivation())
    portico.stop(signal.SIGKILL)
    portico.start()
    check("a deactivation that was answered", answer.status in (200, 204), answer)
    check("holds after a crash: no session", session(keeper) is None)
    check("and no sign-in", sign_in(portico.caller(), EMAIL, PASSWORD).status in (401, 403))


def queued_mail(portico, check):
    """The mail server is away, then Portico crashes: the letter still waits in the queue for its next attempt."""
    email = "waiting@elsewhere.example"
    caller = Caller(portico.base)
    caller.post("/api/auth/sign-up/email", {"name": "Waiting", "email": email, "password": PASSWORD})
    portico.mail.refusing = True
    answer = caller.post("/api/auth/request-password-reset", {"email": email, "redirectTo": "/"})
    # The first attempt must be over: a letter in the hands of a process that dies is not tried again for minutes.
    wait_for(lambda: portico.mail.refused)
    time.sleep(1)
    portico.stop(signal.SIGKILL)
    portico.mail.refusing = False
    portico.start()
    letter = portico.mail.wait(email, r"/reset-password/([A-Za-z0-9_-]+)", seconds=60)
    check("a letter that was promised before a crash arrives", answer.status == 200 and letter, answer)
