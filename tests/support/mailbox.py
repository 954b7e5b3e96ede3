"""An SMTP sink on a free loopback port: takes every message, keeps its decoded text."""

import email.policy
import re
import socketserver
import threading
import time
from dataclasses import dataclass


@dataclass
class Letter:
    """One received message."""

    recipients: list
    subject: str
    text: str


class _Dialogue(socketserver.StreamRequestHandler):
    """RFC 5321 as far as a client that only delivers needs it."""

    def handle(self):
        if self.server.mailbox.refusing:
            self._say("421 not now")
            self.server.mailbox.refused += 1
            return
        self._say("220 mailbox ready")
        recipients = []
        for raw in self.rfile:
            line = raw.decode(errors="replace").strip()
            verb = line.upper()
            if verb.startswith("EHLO"):
                self._say("250-mailbox", "250 8BITMIME")
            elif verb.startswith("RCPT TO"):
                recipients.append(re.search(r"<(.*?)>", line).group(1).lower())
                self._say("250 accepted")
            elif verb == "DATA":
                self._say("354 end with a dot")
                self.server.mailbox.letters.append(self._letter(recipients))
                recipients = []
                self._say("250 kept")
            elif verb == "QUIT":
                return self._say("221 goodbye")
            else:
                self._say("250 ok")

    def _say(self, *lines):
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def _letter(self, recipients):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            # A leading dot was doubled for the way (RFC 5321, 4.5.2).
            lines.append(line[1:] if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        texts = [part.get_content() for part in message.walk() if part.get_content_type() == "text/plain"]
        return Letter(recipients, str(message["subject"]), "\n".join(texts) or message.as_string())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Mailbox:
    """Starts on construction; `url` is what Portico is configured with. While `refusing` it takes nothing."""

    def __init__(self):
        self.letters, self.refusing, self.refused = [], False, 0
        self._server = _Server(("127.0.0.1", 0), _Dialogue)
        self._server.mailbox = self
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, to, pattern, seconds=15):
        """The newest match of the pattern in the letters to that address, or None after the wait."""
        deadline = time.monotonic() + seconds
        while True:
            for letter in reversed(self.letters):
                found = to.lower() in letter.recipients and re.search(pattern, letter.text)
                if found:
                    return found
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def count(self, to, pattern=""):
        """How many letters that address has received which hold the pattern."""
        return sum(to.lower() in letter.recipients and bool(re.search(pattern, letter.text)) for letter in self.letters)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
