"""A real Portico for one judge: bootstrapped, serving on a free loopback port, ended by its process id."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager

from .caller import SCIM_MEDIA, Caller
from .mailbox import Mailbox
from .postgres import fresh_database

ADMIN_EMAIL = "admin@example.com"
ADMIN_PASSWORD = "a long enough admin password"
SECRET = "a-secret-for-judges-only-0123456789abcdef"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def binary():
    """The binary under test: PORTICO_BIN, else the debug build of this work tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.abspath(os.environ.get("PORTICO_BIN") or os.path.join(here, "../../target/debug/portico"))
    if not os.access(path, os.X_OK):
        raise SystemExit(f"no executable at {path}: build it (cargo build) or set PORTICO_BIN")
    return path


class Portico:
    """`boot` is what `portico bootstrap` printed; `base` is where it serves; `mail` receives its letters."""

    def __init__(self, database_url=None, organization="Acme", domain="acme.example", settings=None):
        self.directory = tempfile.mkdtemp(prefix="portico-judge-")
        self.binary, self.mail, self.process = binary(), Mailbox(), None
        self.base = f"http://127.0.0.1:{free_port()}"
        self.log_path = os.path.join(self.directory, "log")
        self.environment = {
            **os.environ,
            "PORTICO__SERVER__LISTEN": self.base.removeprefix("http://"),
            "PORTICO__SERVER__PUBLIC_URL": self.base,
            "PORTICO__DATABASE__URL": database_url or f"sqlite://{self.directory}/portico.db?mode=rwc",
            "PORTICO__AUTH__SECRET": SECRET,
            "PORTICO__RATE_LIMIT__ENABLED": "false",
            "PORTICO__MAIL__TRANSPORT": "smtp",
            "PORTICO__MAIL__SMTP_URL": self.mail.url,
            **(settings or {}),
        }
        self.boot, self._who = None, ("--organization", organization, "--domain", domain)

    def output(self, *arguments):
        """Runs a command of the binary; what it printed on standard output."""
        run = subprocess.run(
            [self.binary, *arguments], env=self.environment, cwd=self.directory, capture_output=True, text=True, timeout=120
        )
        if run.returncode:
            raise RuntimeError(f"portico {arguments[0]} ended with {run.returncode}: {run.stderr[-2000:]}")
        return run.stdout

    def command(self, *arguments):
        """Runs a command of the binary and reads the JSON object it prints."""
        return json.loads(self.output(*arguments))

    def bootstrap(self):
        """What the operator runs first: the admin, the organization, its directory, new secrets."""
        return self.command("bootstrap", "--email", ADMIN_EMAIL, "--password", ADMIN_PASSWORD, *self._who)

    def start(self):
        """Bootstraps (once), serves, and waits until it is ready."""
        if self.boot is None:
            self.boot = self.bootstrap()
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, cwd=self.directory, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.caller()("GET", "/readyz").status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"portico serve did not become ready; the end of its log:\n{self.log()[-3000:]}")

    def stop(self, how=signal.SIGTERM):
        """Ends the process; returns its exit status."""
        if not self.process or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(how)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)

    def log(self):
        try:
            with open(self.log_path, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def panic(self):
        """Where the server panicked, or None."""
        log = self.log()
        at = log.find("panicked at")
        return log[at : at + 1000] if at >= 0 else None

    def caller(self):
        """Somebody with a browser: cookies and an Origin."""
        return Caller(self.base)

    def admin(self):
        """The bootstrapped admin, signed in."""
        caller = self.caller()
        answer = caller.post("/api/auth/sign-in/email", {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})
        if answer.status != 200:
            raise RuntimeError(f"the admin cannot sign in: {answer}")
        return caller

    def scim(self, token=None):
        """An identity provider with the bootstrapped (or a given) token."""
        return Caller(self.base, f"Bearer {token or self.boot['scim_token']}", SCIM_MEDIA)

    def secret_key(self):
        """An integration with the bootstrapped secret key."""
        return Caller(self.base, f"Bearer {self.boot['secret_key']}")

    def close(self):
        self.stop()
        self.mail.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@contextmanager
def running(database="sqlite", **options):
    """A started Portico on SQLite, or on a fresh database of the PostgreSQL server of PORTICO_TEST_POSTGRES_URL."""
    if database == "sqlite":
        portico = Portico(**options)
        try:
            yield portico.start()
        finally:
            portico.close()
        return
    with fresh_database(os.environ["PORTICO_TEST_POSTGRES_URL"]) as url:
        portico = Portico(url, **options)
        try:
            yield portico.start()
        finally:
            portico.close()


def databases():
    """The databases to run on: SQLite always, PostgreSQL where a server was given. CI must give one."""
    if os.environ.get("PORTICO_TEST_POSTGRES_URL"):
        return ["sqlite", "postgres"]
    if os.environ.get("CI"):
        raise SystemExit("PORTICO_TEST_POSTGRES_URL is not set: in CI the judges run on both databases")
    print("PORTICO_TEST_POSTGRES_URL is not set: SQLite only", flush=True)
    return ["sqlite"]
