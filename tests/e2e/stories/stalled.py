"""Whoever is let in sends the rest of the body later. When their right has ended meanwhile, nothing is done any more."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit

from support.caller import SCIM_MEDIA, Caller

from . import USER, deactivation, person

# Longer than the answer to the question who asks is taken for good.
LATER = 1.3


class Stalled:
    """A request of which all is sent but the last byte."""

    def __init__(self, portico, method, path, body, headers, media="application/json"):
        address = urlsplit(portico.base)
        data = json.dumps(body).encode()
        head = {"host": address.netloc, "origin": portico.base, "content-type": media, "content-length": len(data), "connection": "close", **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        self.peer = socket.create_connection((address.hostname, address.port), timeout=30)
        self.peer.sendall("\r\n".join(lines).encode() + data[:-1])
        self.rest = data[-1:]
        # It is let in now, and not after what comes next.
        time.sleep(0.3)

    def finish(self):
        """The status that it is answered in the end."""
        time.sleep(LATER)
        self.peer.sendall(self.rest)
        answer = b""
        while chunk := self.peer.recv(65536):
            answer += chunk
        self.peer.close()
        return int(answer.split(b" ", 2)[1])


def tell(portico, check):
    patient(portico, check)
    keys(portico, check)
    people(portico, check)
    credentials(portico, check)
    bulk(portico, check)


def patient(portico, check):
    """Who is slow and still has the right is served."""
    key = portico.secret_key()
    slow = Stalled(portico, "POST", "/v1/users", {"email_address": "slow@else.example"}, {"authorization": key.authorization})
    check("who is slow is served", slow.finish() == 201)


def keys(portico, check):
    key = portico.secret_key()
    made = key.post("/v1/secret-keys", {"name": "Leaked"})
    stalled = Stalled(portico, "POST", "/v1/secret-keys", {"name": "Offspring"}, {"authorization": f"Bearer {made['token']}"})
    key.post(f"/v1/secret-keys/{made['id']}/revoke")
    check("a key that was revoked makes no other key", stalled.finish() == 401)
    names = [one["name"] for one in key.get("/v1/secret-keys", limit=500)["data"]]
    check("and none is there", "Offspring" not in names, names)


def people(portico, check):
    admin, key = portico.admin(), portico.secret_key()
    evil = Caller(portico.base)
    evil.post("/api/auth/sign-up/email", {"name": "Evil", "email": "evil@else.example", "password": "a long enough password"})
    session = evil.post("/api/auth/sign-in/email", {"email": "evil@else.example", "password": "a long enough password"})
    user = session["user", "id"]
    cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in evil.cookies.items())}
    stalled = Stalled(portico, "POST", "/api/auth/update-user", {"name": "Still here"}, cookie)
    made = Stalled(portico, "POST", "/v1/organizations", {"name": "Late", "slug": "late"}, cookie)
    banned = key.post(f"/v1/users/{user}/ban")
    check("somebody is banned", banned.status == 200, banned)
    check("what they had begun does not change them", stalled.finish() == 401)
    check("nor anything else", made.finish() == 401)
    check("nothing was changed", key.get(f"/v1/users/{user}")["name"] == "Evil")
    check("an admin's session goes on", admin.get("/api/auth/get-session").status == 200)


def credentials(portico, check):
    key, organization, directory = portico.secret_key(), portico.boot["organization_id"], portico.boot["directory_id"]
    base = f"/v1/organizations/{organization}/directories/{directory}"
    scim = portico.scim()
    kept = scim.post("/scim/v2/Users", person("kept"))
    credential = key.post(f"{base}/credentials", {"name": "Leaked", "type": "bearer"})
    header = {"authorization": f"Bearer {credential['token']}"}
    stalled = Stalled(portico, "POST", "/scim/v2/Users", person("late"), header, SCIM_MEDIA)
    key.post(f"{base}/credentials/{credential['id']}/revoke")
    check("a credential that was revoked makes nobody", stalled.finish() == 401)
    own = {"authorization": scim.authorization}
    path = f"/scim/v2/Users/{kept['id']}"
    stalled = Stalled(portico, "PATCH", path, deactivation(), own, SCIM_MEDIA)
    check("the directory is paused", key.post(f"{base}/pause").status == 200)
    check("what had begun before waits like all else", stalled.finish() == 503)
    key.post(f"{base}/resume")
    stalled = Stalled(portico, "PATCH", path, deactivation(), own, SCIM_MEDIA)
    check("an import begins", key.post(f"{base}/import").status in (200, 201))
    check("what had begun before does not act", stalled.finish() == 503)
    key.post(f"{base}/import/discard")
    check("the person has access", scim.get(path)["active"] is True)


def bulk(portico, check):
    key, organization, directory = portico.secret_key(), portico.boot["organization_id"], portico.boot["directory_id"]
    base = f"/v1/organizations/{organization}/directories/{directory}"
    credential = key.post(f"{base}/credentials", {"name": "Leaked", "type": "bearer"})
    leaked = Caller(portico.base, f"Bearer {credential['token']}", SCIM_MEDIA)
    operations = [{"method": "POST", "path": "/Users", "bulkId": f"b{n}", "data": {**person(f"bulk{n}"), "schemas": [USER]}} for n in range(1000)]
    request = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    answers = []
    sender = threading.Thread(target=lambda: answers.append(leaked.post("/scim/v2/Bulk", request)))
    sender.start()
    time.sleep(0.3)
    key.post(f"{base}/credentials/{credential['id']}/revoke")
    ended = time.monotonic()
    sender.join()
    statuses = [str(one["status"]) for one in answers[0]["Operations"] or []]
    quick = time.monotonic() - ended < 1.0
    check("what remained of a bulk request is refused", quick or statuses.count("401") > 0, (len(statuses), set(statuses)))
    done = portico.scim().get("/scim/v2/Users", filter='userName sw "bulk"', count=0)["totalResults"]
    check("and what was answered is what is there", done == statuses.count("201"), (done, set(statuses)))
