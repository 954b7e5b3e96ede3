"""Credentials, known ids and expendable things for schemathesis' requests, and a tally of the answers.

Loaded by schemathesis itself (SCHEMATHESIS_HOOKS). What judge.py prepared comes in the file that JUDGE_STATE names:

- `headers`: sent with every request;
- `parameters`: values for path parameters, query parameters and body members by name, used in two of three requests, so that
  the rest still shows what a made-up value does;
- `by_path`: the same for one path template only, before `parameters`;
- `by_prefix`: the same for the paths that begin with a template, after `parameters` and before `by_path`;
- `unique`: members of bodies that get a number appended in two of three requests, because the same few texts are drawn again
  and again and the second one is a conflict;
- `expendable`: for an operation (its label) a parameter and a list of values to use up, for operations that destroy;
- `protected`: for an operation (its label) values that it must not destroy;
- `costly`: operations (labels) that take long: how often each is let through, before it is sent for what is not there;
- `sessions`: operations that end sessions or memberships; they are sent by somebody of their own, made anew when gone.
"""

import atexit
import json
import os
import sys
from collections import Counter
from pathlib import Path

import schemathesis

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.caller import Caller  # noqa: E402

STATE = json.loads(Path(os.environ["JUDGE_STATE"]).read_text())
TALLY = Path(os.environ["JUDGE_TALLY"])
turns, statuses = Counter(), Counter()


class Throwaway:
    """Somebody who may lose everything: signs up again when the session has ended."""

    PASSWORD = "a password to lose"

    def __init__(self):
        self.caller, self.made = None, 0

    def send(self, case):
        """Makes the case a request of this person; gives the values that are good for it."""
        if not self.caller or self.caller.get("/api/auth/get-session").json is None:
            self.made += 1
            self.caller = Caller(STATE["base"])
            person = {"name": "Throw Away", "email": f"throwaway{self.made}@judge.example", "password": self.PASSWORD}
            answer = self.caller.post("/api/auth/sign-up/email", person)
            if answer.status != 200:
                raise RuntimeError(f"nobody could be made for the session-ending operations: {answer}")
        case.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.caller.cookies.items())
        known = {"password": self.PASSWORD, "currentPassword": self.PASSWORD, "newPassword": self.PASSWORD}
        if case.path.endswith("/organization/delete"):
            self.made += 1
            answer = self.caller.post("/api/auth/organization/create", {"name": "Lost", "slug": f"lost-{self.made}"})
            known["organizationId"] = answer["id"]
        return known


throwaway = Throwaway()


def _fill(values, known, probe):
    """Puts known values in the place of generated ones; `probe` leaves the generated ones alone."""
    if probe or not isinstance(values, dict):
        return
    for name, value in known.items():
        if name in values and isinstance(values[name], str):
            values[name] = value


@schemathesis.hook
def before_call(context, case, kwargs):
    label = case.operation.label
    turns[label] += 1
    turn = turns[label]
    case.headers.update(STATE["headers"])
    if turn % 4:
        # The same few keys are drawn again and again, and a key that was used for another request is a conflict.
        case.headers.pop("idempotency-key", None)
    known = dict(STATE["parameters"])
    for prefix, values in STATE["by_prefix"]:
        if case.path.startswith(prefix):
            known |= values
    if label in STATE["sessions"]:
        known |= throwaway.send(case)
    known |= STATE["by_path"].get(case.path, {})
    for values in (case.path_parameters, case.query, case.body):
        _fill(values, known, probe=turn % 3 == 0)
    if turn % 3 and isinstance(case.body, dict):
        for name in STATE["unique"]:
            if case.body.get(name) and isinstance(case.body[name], str):
                case.body[name] += str(turn)
    expendable = STATE["expendable"].get(label)
    if expendable and expendable["values"] and turn % 3:
        case.path_parameters[expendable["parameter"]] = expendable["values"].pop()
    protected = STATE["protected"].get(label, ())
    if turn > STATE["costly"].get(label, turn):
        case.path_parameters["directory_id"] = "already-gone"
    for name, value in (case.path_parameters or {}).items():
        if value in protected:
            case.path_parameters[name] = "already-gone"


@schemathesis.hook
def after_call(context, case, response):
    statuses[f"{case.operation.label} {response.status_code}"] += 1
    # Written as it goes: schemathesis may be ended from outside.
    if sum(statuses.values()) % 50 == 0:
        _write()


def _write():
    TALLY.write_text(json.dumps(statuses))


atexit.register(_write)
