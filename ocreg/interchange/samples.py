"""The examples of an endpoint file as other tools show and send them: whole requests, and answers by status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..registry.endpoint import Endpoint
from .instances import Instances

_MESSAGE: dict[str, Any] = {"messageId": "example-message", "timestamp": 1750126210000}
Node = dict[str, Any]


def requests(endpoint: Endpoint) -> Iterator[tuple[Node, Any]]:
    """(its note, the body) of each request example, in its envelope if it has one."""
    for example in endpoint.examples.get("request", ()):
        if "data" in example:
            words = {"summary": example["note"]} if example.get("note") else {}
            around = {"apiVersion": endpoint.api_version, "data": example["data"], **_MESSAGE}
            yield words, around if endpoint.envelope else example["data"]


def in_url(endpoint: Endpoint, part: str) -> Node:
    """The URL's part of the first request example that has one: `query`, or the values of the `path`."""
    shown = (example[part] for example in endpoint.examples.get("request", ()) if part in example)
    return next(shown, {})


def answers(endpoint: Endpoint) -> list[tuple[int, str, Node, Any]]:
    """(HTTP status, name, its note, body) of each answer example, successes first."""
    found: list[tuple[int, bool, Node, Any]] = []
    for example in endpoint.examples.get("response", ()):
        body, status = example["body"], example.get("status", 200)
        words = {"summary": example["note"]} if example.get("note") else {}
        found.append((status, status == 200 and _succeeds(endpoint, body), words, body))
    found.sort(key=lambda one: not one[1])  # stable: otherwise in the order of the file
    counts = {True: 0, False: 0}
    named: list[tuple[int, str, Node, Any]] = []
    for status, good, words, body in found:
        counts[good] += 1
        named.append((status, f"{'success' if good else 'refusal'}{counts[good]}", words, body))
    return named


def made_up(endpoint: Endpoint) -> Node | None:
    """An example of a success if no source shows one, so that a mock does not refuse everything."""
    shown = endpoint.examples.get("response", ())
    if not endpoint.envelope or any(_succeeds(endpoint, example["body"]) for example in shown):
        return None
    body: Node = {"code": 0, "message": "Success", "messageId": _MESSAGE["messageId"]}
    if "response" in endpoint.document:
        root = endpoint.bundler.schema(("response",)).root
        whole = {**body, "data": Instances(root.get("$defs", {})).made(root)}
        body = whole if endpoint.answer.ok(whole) else body  # made examples do not satisfy every schema
    return {"summary": "made up, because no source shows a success", "value": body}


def _succeeds(endpoint: Endpoint, body: Node) -> bool:
    return body.get("code") == 0 if endpoint.envelope else "error" not in body
