"""A name server on loopback that knows only TXT records, and can be told to fail or to say nothing."""

import socket
import struct
import threading

NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
TXT = 16


def question(query):
    """The name that was asked for, its type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack_from("!H", query, at + 1)[0], at + 5


def strings(text):
    """TXT data: strings of at most 255 bytes, which together are the text (RFC 1035, 3.3.14)."""
    data = text.encode()
    return b"".join(bytes([len(part)]) + part for part in (data[at : at + 255] for at in range(0, len(data), 255)))


class NameServer:
    """`records` maps a name to its texts; `failing` and `silent` are names that get SERVFAIL or no answer; `asked` counts.

    Answers over UDP, and over TCP on the same port; an answer over UDP that has more than 512 bytes is cut and marked so.
    """

    def __init__(self):
        self.records, self.failing, self.silent, self.asked, self.by_tcp = {}, set(), set(), {}, 0
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._tcp.getsockname())
        self.address = "127.0.0.1:{}".format(self._tcp.getsockname()[1])
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def answer(self, query):
        name, kind, end = question(query)
        self.asked[name] = self.asked.get(name, 0) + 1
        if name in self.silent:
            return None
        known = name in self.records
        texts = self.records.get(name, []) if kind == TXT else []
        code = SERVFAIL if name in self.failing else NOERROR if known else NXDOMAIN
        # An answer, recursion wished for and available.
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(texts), 0, 0)
        rows = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", TXT, 1, 60, len(strings(text))) + strings(text) for text in texts)
        return head + query[12:end] + rows

    def _serve_udp(self):
        while True:
            try:
                query, sender = self._udp.recvfrom(4096)
            except OSError:
                return
            reply = self.answer(query)
            if reply and len(reply) > 512:
                _, _, end = question(query)
                reply = reply[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + query[12:end]
            if reply:
                self._udp.sendto(reply, sender)

    def _serve_tcp(self):
        while True:
            try:
                peer, _ = self._tcp.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(5)
                try:
                    size = struct.unpack("!H", peer.recv(2, socket.MSG_WAITALL))[0]
                    reply = self.answer(peer.recv(size, socket.MSG_WAITALL))
                    if reply:
                        self.by_tcp += 1
                        peer.sendall(struct.pack("!H", len(reply)) + reply)
                except (OSError, struct.error):
                    pass

    def close(self):
        self._udp.close()
        self._tcp.close()
