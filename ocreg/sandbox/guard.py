"""Who may call the sandbox: programs on this machine, and pages that the sandbox serves itself.

It listens only on loopback, but a browser on this machine sends requests of any page there: under the page's own host
name, if that name was made to point to 127.0.0.1 (DNS rebinding); or with a foreign `Origin`.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from urllib.parse import urlsplit

from .. import redact
from ..registry.addresses import is_loopback
from .bodies import Refused

MOST_HEAD = 64 * 1024
"""The maximum number of bytes in the headers; the standard library allows a hundred lines of 64 KB each."""


class Guard:
    """`hosts` are names that requests may have in `Host` besides those of this machine."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def check(self, version: str, headers: Message[str, str], target: str) -> None:
        """Raise Refused for headers that are untrusted or malformed. `target`: the URL's host."""
        if sum(len(name) + len(value) for name, value in headers.items()) > MOST_HEAD:
            raise Refused(431, f"the headers are longer than {MOST_HEAD:,} bytes")
        if headers.defects:  # the parser stopped at that line and dropped the lines after it
            raise Refused(400, "a line of the headers is not a header")
        hosts = headers.get_all("Host", [])
        if len(hosts) != 1 and (hosts or version == "HTTP/1.1"):
            raise Refused(400, f"exactly one Host header is required, not {len(hosts)}")
        for host in (*hosts, *([target] if target else [])):
            if not self._knows(host):
                name = redact.line(host)[:60]
                words = f"the host {name!r} is not this machine: use 127.0.0.1, or start with --allow-host"
                raise Refused(421, words)
        origin = headers.get("Origin")
        if origin is not None and not self.is_own(headers):
            raise Refused(403, f"a page of {redact.line(origin)!r:.60} may not call the sandbox: only its own page may")

    def is_own(self, headers: Message[str, str]) -> bool:
        """Whether the sandbox's own page sent it: its origin is the URL that it calls."""
        origin, host = headers.get_all("Origin", []), headers.get("Host", "")
        return len(origin) == 1 and bool(host) and origin[0].lower() == f"http://{host.strip().lower()}"

    def _knows(self, host: str) -> bool:
        try:
            split = urlsplit(f"//{host.strip()}")
        except ValueError:
            return False
        name = (split.hostname or "").rstrip(".")
        odd = "@" in host or split.path or split.query
        return not odd and (is_loopback(name) or name.endswith(".localhost") or name in self._hosts)
