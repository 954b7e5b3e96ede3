#!/usr/bin/env python3
"""scim2-tester and scim2-cli against a real Portico: what two independent readings of the RFCs make of `/scim/v2`.

An ERROR or CRITICAL of the tester fails the run, and so does any scim2-cli command that does. So does what the tester skips,
or finds to deviate from a SHOULD, unless it stands in `ALLOWED` with its reason, and so does what stands there for nothing.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.portico import databases, running  # noqa: E402

FATAL = {Status.ERROR, Status.CRITICAL}
REMARKABLE = {Status.SKIPPED, Status.DEVIATION}
# Checks that may be skipped, or may deviate: (name, status) and why. There are none.
ALLOWED = {}
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


class Tally:
    """Counts, and prints what did not simply pass."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.allowed = set()

    def add(self, name, status, reason="", data=None):
        known = status in REMARKABLE and (name, status.name) in ALLOWED
        if known:
            self.allowed.add((name, status.name))
        if status in FATAL or (status in REMARKABLE and not known):
            self.failed += 1
            print(f"FAIL  {name} [{status.name}]: {reason}")
            if data is not None:
                print(f"      {str(data)[:1500]}")
        elif status is Status.SKIPPED:
            self.skipped += 1
        else:
            self.passed += 1
        if known:
            print(f"{status.name.lower()}  {name}: {reason} ({ALLOWED[name, status.name]})")


def run_tester(portico, tally):
    headers = {"Authorization": f"Bearer {portico.boot['scim_token']}"}
    with Client(base_url=f"{portico.base}/scim/v2", headers=headers, timeout=60) as http:
        client = SyncSCIMClient(http, check_response_status_codes=True, check_response_content_type=True)
        results = check_server(client)
    for result in results:
        name = " ".join(filter(None, [result.resource_type, result.title]))
        tally.add(name, result.status, result.reason, result.data)
    for name, status in sorted(ALLOWED.keys() - tally.allowed):
        tally.add(name, Status.ERROR, f"it is allowed to be {status}, and is not")
    if len(results) < 50:
        tally.add("the tester looked at resources", Status.ERROR, f"it made only {len(results)} checks")


def run_cli(portico, tally):
    """A person's life through the command line client."""
    environment = {
        **os.environ,
        "SCIM_CLI_URL": f"{portico.base}/scim/v2",
        "SCIM_CLI_HEADERS": f"Authorization: Bearer {portico.boot['scim_token']}",
    }
    command = str(Path(sys.executable).with_name("scim2"))

    def scim2(*words, body=None, expect=lambda answer: True):
        run = subprocess.run(
            [command, *words], input=json.dumps(body) if body else None, env=environment, capture_output=True, text=True, timeout=60
        )
        answer = json.loads(run.stdout) if run.stdout.strip().startswith("{") else None
        good = run.returncode == 0 and expect(answer)
        tally.add(f"scim2 {' '.join(words)}", Status.SUCCESS if good else Status.ERROR, f"{run.stdout}{run.stderr}"[:1500])
        return answer or {}

    person = {
        "schemas": [USER],
        "userName": "cli@acme.example",
        "name": {"givenName": "Cli", "familyName": "Ent"},
        "emails": [{"value": "cli@acme.example", "type": "work", "primary": True}],
        "active": True,
    }
    identifier = scim2("create", "user", body=person, expect=lambda a: a and a.get("id")).get("id", "none")
    scim2("query", "user", identifier, expect=lambda a: a and a["userName"] == "cli@acme.example")
    scim2("query", "user", "--filter", 'userName eq "CLI@acme.example"', expect=lambda a: a and a["totalResults"] == 1)
    renamed = {**person, "id": identifier, "displayName": "Cli Ent"}
    scim2("replace", "user", body=renamed, expect=lambda a: a and a["displayName"] == "Cli Ent")
    scim2("modify", "user", identifier, "replace", "active", "false")
    scim2("query", "user", identifier, expect=lambda a: a and a["active"] is False)
    group = scim2("create", "group", body={"schemas": [USER.replace("User", "Group")], "displayName": "Cli", "members": [{"value": identifier}]})
    scim2("query", "group", group.get("id", "none"), expect=lambda a: a and [m["value"] for m in a["members"]] == [identifier])
    scim2("delete", "group", group.get("id", "none"))
    scim2("delete", "user", identifier)


def main():
    tally = Tally()
    for database in databases():
        print(f"# scim2-tester on {database}")
        # The tester draws its values from `random`: the same ones in every run.
        random.seed(7643)
        with running(database) as portico:
            run_tester(portico, tally)
            run_cli(portico, tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
