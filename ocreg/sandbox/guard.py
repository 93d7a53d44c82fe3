"""Who may ask the sandbox: programs of this machine, and pages that the sandbox serves itself.

It listens on loopback only, but a browser on this machine carries requests of any page there: under the page's own
host name, where that name was made to point to 127.0.0.1 (DNS rebinding); or as a foreign `Origin`.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from urllib.parse import urlsplit

from .. import redact
from ..registry.addresses import is_loopback
from .bodies import Refused

MOST_HEAD = 64 * 1024
"""Bytes of a request's head; the standard library's own limits are a hundred lines of 64 KB each."""


class Guard:
    """`hosts` are names that requests may have in `Host` besides those of this machine."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def check(self, version: str, headers: Message[str, str], target: str) -> None:
        """Raise Refused for a head that is not to be believed, or not to be served. `target`: the URL's host."""
        if sum(len(name) + len(value) for name, value in headers.items()) > MOST_HEAD:
            raise Refused(431, f"the head is longer than {MOST_HEAD:,} bytes")
        if headers.defects:  # the parser has stopped at that line, and dropped those after it
            raise Refused(400, "the head has a line that is no header")
        hosts = headers.get_all("Host", [])
        if len(hosts) != 1 and (hosts or version == "HTTP/1.1"):
            raise Refused(400, f"one Host header is due, not {len(hosts)}")
        for host in (*hosts, *([target] if target else [])):
            if not self._knows(host):
                name = redact.line(host)[:60]
                words = f"the host {name!r} is none of this machine: use 127.0.0.1, or start with --allow-host"
                raise Refused(421, words)
        origin = headers.get("Origin")
        if origin is not None and not self.is_own(headers):
            raise Refused(403, f"a page of {redact.line(origin)!r:.60} may not ask: only the sandbox's own may")

    def is_own(self, headers: Message[str, str]) -> bool:
        """Whether the sandbox's own page asks: its origin is the very address that it asks."""
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
