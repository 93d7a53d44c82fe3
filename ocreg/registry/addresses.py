"""Which URLs may receive keys and tokens, and why another may not. No message shows a bad URL."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_PATH = re.compile(r"/(?!/)[A-Za-z0-9_/{}.~!$&'()*+,;=:@-]*")


def is_word(text: str) -> bool:
    """Whether `text` is visible ASCII only, so that a header can hold it without ending or starting another."""
    return text.isascii() and text.isprintable() and " " not in text and text != ""


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return re.fullmatch(r"localhost|127\.[0-9.]+|::1", host or "") is not None


def flaw(address: str) -> str | None:
    """Why a URL cannot be called, in words that follow the name of its setting or field; None if it can be."""
    if "@" in address:
        return "must not contain a user or a password"
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # it is checked only when it is read
    except ValueError:  # its text repeats a part of the URL, perhaps a password whose @ is missing
        return "is not a URL: check its port and its brackets"
    if parts.scheme not in ("http", "https") or not is_word(address) or not _HOST.fullmatch(parts.netloc):
        return "must begin with https:// and a host, such as https://openapi-au.orangeconnex.com, without spaces"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return f"must be https: keys and tokens would be readable on the network ({parts.hostname})"
    if "?" in address or "#" in address:
        return "must not contain a query or a fragment"
    return path_flaw(parts.path) if parts.path else None


def path_flaw(path: str) -> str | None:
    """Why a path cannot be called, as `flaw` says it: what a library rewrites on the way changes the signature."""
    if not _PATH.fullmatch(path):
        return "must begin with one / and must not contain a query, spaces or percent signs"
    if {".", ".."} & set(path.split("/")):
        return "must not contain . or .. between slashes"
    return None
