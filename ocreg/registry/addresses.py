"""Addresses that keys and tokens may travel to, and what keeps one from being used. Nothing is shown of a bad one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_PATH = re.compile(r"/(?!/)[A-Za-z0-9_/{}.~!$&'()*+,;=:@-]*")


def is_word(text: str) -> bool:
    """Visible ASCII only: what may stand in a header without ending it or starting another."""
    return text.isascii() and text.isprintable() and " " not in text and text != ""


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return re.fullmatch(r"localhost|127\.[0-9.]+|::1", host or "") is not None


def flaw(address: str) -> str | None:
    """Why a URL cannot be called, in words that follow the name of what holds it; None where it can."""
    if "@" in address:
        return "must be without a user or a password"
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # is only checked when it is asked for
    except ValueError:  # which repeats a part of it, perhaps a password whose @ is missing
        return "is no address: check its port and its brackets"
    if parts.scheme not in ("http", "https") or not is_word(address) or not _HOST.fullmatch(parts.netloc):
        return "must begin with https:// and a host, such as https://openapi-au.orangeconnex.com, without blanks"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return f"must be https: keys and tokens would cross the network readable ({parts.hostname})"
    if "?" in address or "#" in address:
        return "must be without a query and a fragment"
    return path_flaw(parts.path) if parts.path else None


def path_flaw(path: str) -> str | None:
    """Why a path cannot be called, as `flaw` says it: what a library on the way would change has another signature."""
    if not _PATH.fullmatch(path):
        return "must begin with one / and hold neither a query nor blanks nor percent signs"
    if {".", ".."} & set(path.split("/")):
        return "must not hold . or .. between slashes"
    return None
