"""The servers that are compared: Portico's release build on either database, and the published Better Auth on node."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import fill
import fill_peer

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from support.caller import SCIM_MEDIA, Caller  # noqa: E402
from support.portico import SECRET, Portico, free_port  # noqa: E402

EMAIL, PASSWORD = "bench@elsewhere.example", "a password for benchmarks"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


class Server:
    """What the benchmark needs of each: `name`, `base`, `pid`, `scim_path`, `scim_token`, `start`, `stop`, `ready`."""

    database_pid = None

    def caller(self):
        return Caller(self.base)

    def scim(self):
        return Caller(self.base, f"Bearer {self.scim_token}", SCIM_MEDIA)

    def sign_up(self):
        """A person with a session; gives the Cookie header."""
        caller = self.caller()
        caller.post("/api/auth/sign-up/email", {"name": "Bench", "email": EMAIL, "password": PASSWORD})
        answer = caller.post("/api/auth/sign-in/email", {"email": EMAIL, "password": PASSWORD})
        if answer.status != 200 or caller.get("/api/auth/get-session")["user", "email"] != EMAIL:
            raise RuntimeError(f"{self.name} gives no session: {answer}")
        return "; ".join(f"{name}={value}" for name, value in caller.cookies.items())

    def await_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.caller().get(self.ready).status == 200:
                    return
            except OSError:
                time.sleep(0.005)
        raise RuntimeError(f"{self.name} did not become ready")

    def some(self, table, most=5000):
        """Ids of rows of a table, in no order."""
        return self.query(f'SELECT id FROM (SELECT id FROM "{table}" LIMIT 200000) t ORDER BY random() LIMIT {most}')


class PorticoServer(Server):
    """Portico as it ships: one process, the durable settings, argon2id with the default cost."""

    name, scim_path, ready = "Portico", "/scim/v2", "/readyz"
    user_table, group_table = "directory_users", "directory_groups"
    secret = SECRET

    def __init__(self, postgres=None, settings=None):
        # Rate limits off on both sides; everything else is what a first start gives, but for the settings.
        self.postgres, self.url = postgres, postgres.database() if postgres else None
        self.portico = Portico(self.url, domain="bench.example", settings={"PORTICO__MAIL__TRANSPORT": "log", **(settings or {})})
        self.base = self.portico.base

    @property
    def database_pid(self):
        return self.postgres.pid if self.postgres else None

    @property
    def pid(self):
        return self.portico.process.pid

    @property
    def scim_token(self):
        return self.portico.boot["scim_token"]

    def start(self):
        self.portico.start()

    def stop(self):
        self.portico.stop()

    def spawn(self):
        """Starts the process alone, for the cold start: the clock runs from here."""
        self.portico.process = subprocess.Popen(
            [self.portico.binary, "serve"],
            env=self.portico.environment,
            cwd=self.portico.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def file(self):
        return Path(self.portico.directory) / "portico.db"

    def query(self, sql):
        if self.postgres:
            return self.postgres.query(self.url, sql)
        with closing(sqlite3.connect(self.file, timeout=30)) as db:
            return [row[0] for row in db.execute(sql)]

    def fill(self, users, start=1):
        """People by SQL, while the server stands still. The first ones come in a thousand groups."""
        self.stop()
        directory = self.query("SELECT id FROM directories WHERE organization_id IS NOT NULL LIMIT 1")[0]
        script = list(fill.statements(directory, users, 1000 if start == 1 else 0, 0, start))
        if self.postgres:
            self.postgres.script(self.url, script)
        else:
            fill.fill_sqlite(str(self.file), script)
        self.start()

    def close(self):
        self.portico.close()


class PeerServer(Server):
    """Better Auth as its documentation serves it: one node process, better-sqlite3 with WAL and synchronous=FULL."""

    name, scim_path, ready = "Better Auth", "/api/auth/scim/v2", "/api/auth/ok"
    scim_token = "a-fixed-token-for-benchmarks-0123456789"
    user_table, group_table = "scimUser", "scimGroup"

    secret = "a-secret-for-benchmarks-only-0123456789abcdef"

    def __init__(self, modules, folder, settings=None):
        self.file = Path(folder) / "peer.db"
        self.log = Path(folder) / "peer.log"
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        # ES modules are found from the script's own folder.
        self.script = Path(modules) / "server.mjs"
        self.script.write_text((HERE / "peer" / "server.mjs").read_text())
        self.environment = {
            **os.environ,
            "NODE_ENV": "production",
            "PORT": str(port),
            "DATABASE": str(self.file),
            "SQLITE_SYNC": "FULL",
            "SCIM_TOKEN": self.scim_token,
            **(settings or {}),
        }
        self.process = None
        subprocess.run(["node", self.script, "--migrate"], env=self.environment, check=True)

    @property
    def pid(self):
        return self.process.pid

    def spawn(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(["node", self.script], env=self.environment, stdout=log, stderr=log)

    def start(self):
        self.spawn()
        self.await_ready()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def query(self, sql):
        with closing(sqlite3.connect(self.file, timeout=30)) as db:
            return [row[0] for row in db.execute(sql)]

    def fill(self, users):
        """Copies of the rows of a person who was provisioned, while the server stands still."""
        self.stop()
        fill_peer.fill(self.file, users)
        self.start()

    def close(self):
        self.stop()
