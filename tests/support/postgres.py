"""A fresh PostgreSQL database per run, with nothing but the standard library.

Speaks just enough of the wire protocol (version 3) to send one statement: start-up, the password
methods a test server may ask for (none, clear text, MD5, SCRAM-SHA-256), simple query.
"""

import base64
import hashlib
import hmac
import os
import secrets
import socket
import struct
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit


class PostgresError(Exception):
    """What the server answered instead of doing it."""


class Connection:
    """One connection to the server of an admin URL (`postgres://user:password@host:port/database`)."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.user = unquote(parts.username or "postgres")
        self.password = unquote(parts.password or "")
        self.socket = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=30)
        options = {"user": self.user, "database": parts.path.lstrip("/") or "postgres"}
        text = b"".join(f"{k}\0{v}\0".encode() for k, v in options.items()) + b"\0"
        self._send(b"", struct.pack("!i", 196608) + text)
        self._authenticate()

    def execute(self, statement):
        """Runs one statement and forgets what it returned."""
        self._send(b"Q", statement.encode() + b"\0")
        self._until_ready()

    def close(self):
        self._send(b"X", b"")
        self.socket.close()

    def _send(self, kind, payload):
        self.socket.sendall(kind + struct.pack("!i", len(payload) + 4) + payload)

    def _read(self, length):
        data = b""
        while len(data) < length:
            chunk = self.socket.recv(length - len(data))
            if not chunk:
                raise PostgresError("the server closed the connection")
            data += chunk
        return data

    def _message(self):
        kind, length = struct.unpack("!ci", self._read(5))
        payload = self._read(length - 4)
        if kind == b"E":
            fields = {f[:1]: f[1:].decode() for f in payload.split(b"\0") if f}
            raise PostgresError(f"{fields.get(b'M')} ({fields.get(b'C')})")
        return kind, payload

    def _until_ready(self):
        while self._message()[0] != b"Z":
            pass

    def _authenticate(self):
        while True:
            kind, payload = self._message()
            if kind != b"R":
                continue
            method = struct.unpack("!i", payload[:4])[0]
            if method == 0:
                return self._until_ready()
            if method == 3:
                self._send(b"p", self.password.encode() + b"\0")
            elif method == 5:
                inner = hashlib.md5((self.password + self.user).encode()).hexdigest()
                outer = hashlib.md5(inner.encode() + payload[4:8]).hexdigest()
                self._send(b"p", f"md5{outer}\0".encode())
            elif method == 10:
                self._scram()
            elif method != 12:  # 12 ends SCRAM with the server's own proof, which a test need not check
                raise PostgresError(f"the server asks for authentication method {method}, which is not spoken here")

    def _scram(self):
        """RFC 5802 without channel binding."""
        first = f"n=,r={base64.b64encode(secrets.token_bytes(18)).decode()}"
        hello = f"n,,{first}".encode()
        self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(hello)) + hello)
        challenge = self._message()[1][4:].decode()
        fields = dict(item.split("=", 1) for item in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        last = f"c=biws,r={fields['r']}"
        signed = hmac.digest(hashlib.sha256(client_key).digest(), f"{first},{challenge},{last}".encode(), "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signed, strict=True))
        self._send(b"p", f"{last},p={base64.b64encode(proof).decode()}".encode())


@contextmanager
def fresh_database(admin_url, name="judge"):
    """Yields the URL of a new database on that server; drops it afterwards."""
    database = f"portico_{name}_{os.getpid()}_{secrets.token_hex(3)}"
    admin = Connection(admin_url)
    admin.execute(f'CREATE DATABASE "{database}"')
    try:
        parts = urlsplit(admin_url)
        yield urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))
    finally:
        admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        admin.close()
