"""Whether the time of an answer tells whether somebody has an address: the same refusals and requests for addresses that nobody has,
for people of this instance, and for people whose passwords are still hashed as Better Auth hashed them."""

import random
import sqlite3
import statistics
import time
from contextlib import closing

from servers import PASSWORD

# As many that no address is asked for often enough to be anything special.
PEOPLE = 40
METHODS = {"PORTICO__METHODS__MAGIC_LINK__ENABLED": "true", "PORTICO__MAIL__TRANSPORT": "log"}
KINDS = {
    "sign-in": ("/api/auth/sign-in/email", lambda email: {"email": email, "password": "not the password"}, 401),
    "reset": ("/api/auth/request-password-reset", lambda email: {"email": email}, 200),
    "magic-link": ("/api/auth/sign-in/magic-link", lambda email: {"email": email}, 200),
}


def address(group, number):
    return f"{group}{number:03}@elsewhere.example"


def populate(server, imported):
    """People with passwords; those of the group `imported` with hashes in the form of Better Auth, if it is wished."""
    for group in ("own", "imported"):
        for number in range(PEOPLE):
            answer = server.caller().post("/api/auth/sign-up/email", {"name": "X", "email": address(group, number), "password": PASSWORD})
            if answer.status != 200:
                raise RuntimeError(f"nobody could sign up: {answer}")
    if not imported:
        return
    server.stop()
    chance = random.Random(4711)
    with closing(sqlite3.connect(server.file)) as db, db:
        for number in range(PEOPLE):
            db.execute(
                "UPDATE accounts SET password_hash = ? WHERE user_id = (SELECT id FROM users WHERE email = ?)",
                (f"{chance.randbytes(16).hex()}:{chance.randbytes(64).hex()}", address("imported", number)),
            )
    server.start()


def measure(server, rounds):
    """The median time of each kind for each group, in milliseconds, asked in turns and in no fixed order."""
    chance, caller, figures = random.Random(4712), server.caller(), {}
    for kind, (path, body, expected) in KINDS.items():
        # The first ones find connections to open and threads to start.
        times = {"unknown": [], "own": [], "imported": []}
        for turn in range(-3, rounds):
            for group in chance.sample(list(times), len(times)):
                asked = body(address(group, chance.randrange(PEOPLE)))
                began = time.perf_counter()
                answer = caller.post(path, asked)
                taken = time.perf_counter() - began
                if answer.status != expected:
                    raise RuntimeError(f"{kind} for {group} was answered otherwise: {answer}")
                if turn >= 0:
                    times[group].append(taken * 1000)
        figures[kind] = {group: statistics.median(taken) for group, taken in times.items()}
    return figures


def spread(medians):
    """How much longer the slowest takes than the quickest."""
    return max(medians.values()) / min(medians.values())
