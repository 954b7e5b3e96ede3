"""Callers over HTTP: what a browser, an identity provider or an integration would send."""

import http.client
import json
from contextlib import suppress
from urllib.parse import quote, urlencode, urlsplit

SCIM_MEDIA = "application/scim+json"


class Answer:
    """A response. `answer["a", "b"]` reads nested JSON and gives None where there is nothing."""

    def __init__(self, request, status, headers, raw):
        self.request, self.status, self.headers, self.raw = request, status, headers, raw
        self.text = raw.decode(errors="replace")
        try:
            self.json = json.loads(self.text) if self.text else None
        except ValueError:
            self.json = None

    def __getitem__(self, path):
        value = self.json
        for step in path if isinstance(path, tuple) else (path,):
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def __repr__(self):
        return f"{self.request} -> {self.status} {self.text[:400]}"


class Caller:
    """One caller with cookies of its own and, where given, an Authorization header and a media type."""

    def __init__(self, base, authorization=None, media="application/json"):
        self.base, self.authorization, self.media = base, authorization, media
        self.cookies = {}

    def __call__(self, method, path, body=None, *, query=None, raw=None, headers=None):
        """`body` is sent as JSON; `raw` as the bytes it is. A None in `headers` leaves that header out."""
        url = path + ("?" + urlencode(query, quote_via=quote) if query else "")
        sent = {"accept": self.media, "origin": self.base}
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent["content-type"] = self.media
        if self.authorization:
            sent["authorization"] = self.authorization
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        try:
            # A server that refuses a large body may hang up on the rest of it; its answer is there all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, url, data, sent)
            response = connection.getresponse()
            answer = Answer(f"{method} {url}", response.status, response.headers, response.read())
        finally:
            connection.close()
        self._keep_cookies(answer.headers.get_all("set-cookie") or [])
        return answer

    def get(self, path, **query):
        return self("GET", path, query=query)

    def post(self, path, body=None):
        return self("POST", path, {} if body is None else body)

    def _keep_cookies(self, lines):
        for line in lines:
            pair, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            if not value or "max-age=0" in [a.lower() for a in attributes]:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
