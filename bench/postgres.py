"""A PostgreSQL of the benchmark's own, with the durability that it has by default, and pgbench beside it."""

import os
import pwd
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.portico import free_port  # noqa: E402

INSERT = "INSERT INTO bench_rows (a, b, c) VALUES ('some text of a row', 'another text', 42);\n"


def programs():
    """The newest installed one's folder, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


class Postgres:
    def __init__(self, folder):
        self.bin, self.port, self.count = programs(), free_port(), 0
        if not self.bin:
            raise RuntimeError("no PostgreSQL is installed (Debian: apt-get install postgresql)")
        self.data = Path(tempfile.mkdtemp(prefix="postgres-", dir=folder))
        # PostgreSQL refuses root, and whoever runs it instead must get to its files.
        os.chmod(folder, 0o755)
        self.owner = []
        if os.getuid() == 0:
            owner = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
            entry = pwd.getpwnam(owner)
            os.chown(self.data, entry.pw_uid, entry.pw_gid)
            self.owner = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--"]
        data = str(self.data / "data")
        subprocess.run([*self.owner, self.bin / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8"], check=True, capture_output=True)
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "shared_buffers": "512MB", "max_connections": 100}
        self.process = subprocess.Popen(
            [*self.owner, self.bin / "postgres", "-D", data, *(part for key, value in options.items() for part in ("-c", f"{key}={value}"))],
            stdout=subprocess.DEVNULL,
            stderr=open(self.data.parent / f"{self.data.name}.log", "w"),
        )
        deadline = time.monotonic() + 30
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.1)

    @property
    def pid(self):
        return self.process.pid

    def url(self, name):
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def psql(self, url, text):
        run = subprocess.run([self.bin / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url], input=text, text=True, capture_output=True)
        if run.returncode:
            raise RuntimeError(f"psql: {run.stderr}")
        return run.stdout

    def database(self):
        """A new, empty database."""
        self.count += 1
        self.psql(self.url("postgres"), f"CREATE DATABASE bench_{self.count}")
        return self.url(f"bench_{self.count}")

    def query(self, url, sql):
        return self.psql(url, sql).splitlines()

    def script(self, url, statements):
        self.psql(url, ";\n".join([*statements, "VACUUM ANALYZE"]) + ";\n")

    def pgbench(self, clients, seconds):
        """Inserts of one row, each its own transaction: how many a second."""
        url = self.database()
        self.psql(url, "CREATE TABLE bench_rows (id BIGSERIAL PRIMARY KEY, a TEXT, b TEXT, c BIGINT)")
        script = self.data.parent / "insert.sql"
        script.write_text(INSERT)
        command = [self.bin / "pgbench", "-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", "1", "-T", str(seconds), url]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(re.search(r"tps = ([\d.]+)", run.stdout).group(1))

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        subprocess.run(["rm", "-rf", self.data], check=False)
