"""A program for the environment of tests/pypi.py: schemathesis against a server, by an exported OpenAPI document alone.

    python fuzzing.py DOCUMENT ORIGIN EXAMPLES

It knows of the service only what the document says: `x-ocreg-signature` is how it signs. Besides the tool's own checks
of the answers one of ours holds, since a refusal is HTTP 200: what obeys the document is not refused for its form, and
what breaks it is. It writes counts and findings as JSON. The same examples come in every run.
"""

import collections
import hashlib
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import requests
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

KEYS = {"clientKey": "demo-client-key", "secretKey": "demo-secret-key"}
NOT_SAID = {f"sandbox.{word}" for word in ("window", "look-back", "page", "state", "quantity", "unknown")}
"""Refusals for what no schema says: which moments belong together, how far back one may look, the state of an order, what is there."""
CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


class Service:
    def __init__(self, document, origin):
        self.document, self.origin, self.session = document, origin, requests.Session()
        self.formula = document["components"]["securitySchemes"]["vAuthorization"]["x-ocreg-signature"]
        self.token = self.session.post(
            f"{origin}/oauth/token",
            params={
                **{"grant_type": "refresh_token", "client_id": KEYS["clientKey"]},
                "refresh_token": "demo-refresh-token",
            },
            timeout=20,
        ).json()["access_token"]

    def send(self, case, base):
        request = self.session.prepare_request(requests.Request(**wanted(case.as_transport_kwargs(base_url=base))))
        if case.operation.definition.raw["security"]:
            body = request.body.encode() if isinstance(request.body, str) else request.body or b""
            known = {"path": urlsplit(request.url).path.encode(), "body": body}
            known |= {name: value.encode() for name, value in KEYS.items()}
            parts = [known[name] for name in self.formula["parts"]]
            signature = hashlib.new(self.formula["algorithm"], self.formula["joint"].encode().join(parts)).hexdigest()
            request.headers.update({"clientKey": KEYS["clientKey"], "vAuthorization": signature})
            request.headers["Access-Token"] = f"Bearer {self.token}"
        return self.session.send(request, allow_redirects=False, timeout=20)


def wanted(kwargs):
    return {name: kwargs[name] for name in ("method", "url", "headers", "params", "data", "json") if name in kwargs}


def against_the_document(case, response, mode):
    """Our check; what is wrong in words, or None."""
    known = {200, 302, 400} | ({401} if not case.operation.definition.raw["security"] else set())
    if response.status_code != 200 or "json" not in response.headers.get("Content-Type", ""):
        return None if response.status_code in known else f"HTTP {response.status_code}"
    answer = response.json()
    codes = {item.get("code") for item in answer.get("errors") or () if isinstance(item, dict)}
    of_form = answer.get("error") == "invalid_request" or "300001" in codes
    of_form = of_form or any(f"{code}".startswith("sandbox.") for code in codes - NOT_SAID)
    if mode is GenerationMode.NEGATIVE:
        return None if of_form else f"taken for what obeys the document, which it breaks: {answer}"
    if "x-ocreg-operations" in case.operation.definition.raw:  # any of several: the union says less than each
        return None
    return f"refused for its form, although it obeys the document: {answer}" if of_form else None


def fuzz(document, origin, count):
    service, counts, findings = Service(document, origin), collections.Counter(), []
    checks = [CHECKS.get_one(name) for name in CHECKED]
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(with_security_parameters=False)
    for found in schema.get_all_operations():
        operation = found.ok()
        item = document["paths"][operation.path]
        base = origin + urlsplit(item.get("servers", document["servers"])[0]["url"]).path
        open_ended = any(parameter.get("x-ocreg-any") for parameter in operation.definition.raw.get("parameters", ()))
        for mode in (GenerationMode.POSITIVE, *(() if open_ended else (GenerationMode.NEGATIVE,))):  # breaks nothing
            run(service, operation, mode, base, checks, count, counts, findings)
    return {"counts": dict(counts), "findings": findings}


def run(service, operation, mode, base, checks, count, counts, findings):
    name = operation.definition.raw["operationId"]

    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        response = service.send(case, base)
        counts[f"{name} {mode.value}"] += 1
        wrong = against_the_document(case, response, mode)
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            wrong = "; ".join(str(failure) for failure in group.exceptions)
        if wrong and len(findings) < 200:
            sent = response.request
            findings.append([name, mode.value, str(wrong)[:400], sent.url[:300], str(sent.body)[:600]])

    try:
        send()
    except hypothesis.errors.Unsatisfiable:
        counts[f"{name} {mode.value} none"] = 1


if __name__ == "__main__":
    load_all_checks()
    file, origin, count = sys.argv[1:]
    document = json.loads(Path(file).read_text("utf-8"))
    json.dump(fuzz(document, origin, int(count)), sys.stdout)
