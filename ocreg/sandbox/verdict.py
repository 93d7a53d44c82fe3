"""Whether a signature is the expected one, and if not, why: with the same words in the answer and in the log."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple

from ..account.settings import DEMO
from ..engine.signing import signature
from ..interchange.signatures import Parts, explain, oddity
from ..redact import MASK

_OTHER = "with another secret key, or from other bytes than those that arrived: no known difference explains it"


class Verdict(NamedTuple):
    """The sandbox's judgement of a `vAuthorization`.

    `matches`   whether it is accepted
    `form`      the form in which it was made, `body` or `path` (`body` if there is no body: both are the same); None
                if it does not match
    `sent`      the header as it arrived; empty if there was none
    `expected`  what is accepted, by form
    `hashed`    the text behind each of `expected`, with the secret key masked
    `why`       for each difference, the words that follow "it was made"; none if it matches
    """

    matches: bool
    form: str | None
    sent: str
    expected: dict[str, str]
    hashed: dict[str, str]
    why: list[str]

    def __repr__(self) -> str:
        return f"<Verdict {'matches' if self.matches else '; '.join(self.why)}>"  # everything else holds secrets


class Keys(NamedTuple):
    """The pair of keys of the sandbox's one account, and the forms of the signature that it accepts."""

    client_key: str
    secret_key: str
    forms: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Keys {'|'.join(self.forms)}>"

    def form_of(self, sent: str, path: str, body: bytes | None) -> str | None:
        """The accepted form that a signature has; None if it has none."""
        expected = self._expected(path, body).items()
        return next((form for form, value in expected if hmac.compare_digest(sent.encode(), value.encode())), None)

    def difference(self, path: str, query: str, headers: Mapping[str, str], body: bytes | None) -> list[str] | None:
        """How a wrong signature was made, as far as that can be found out. Header names are in lower case."""
        sent = headers.get("vauthorization", "")
        parts = Parts(path, body, self.client_key, self.secret_key, self.forms[0], query=query)
        parts = parts._replace(host=f"http://{headers.get('host', '')}")
        demo = parts._replace(secret_key=DEMO["secret_key"])
        named = parts._replace(client_key=headers.get("clientkey") or self.client_key)
        ways = [
            (parts, []),
            (demo, ["with the sandbox's demo secret key: the sandbox was started with another"]),
            (named, ["with the client key that the request names, which is not the sandbox's"]),
        ]
        for other, words in ways:
            found = explain(sent, other) if other != parts or not words else None
            if found is not None:
                return [*words, *found]
        return None

    def verdict(self, path: str, query: str, headers: Mapping[str, str], body: bytes | None) -> Verdict:
        """`path` as in the URL; the names of `headers` in lower case; `body` None if the method has none."""
        sent = headers.get("vauthorization", "")
        form = self.form_of(sent, path, body)
        text = (body or b"").decode("utf-8", "replace")
        hashed = {one: f"{path}|{text if one == 'body' else ''}|{self.client_key}|{MASK}" for one in self.forms}
        if form is not None:
            why = []
        elif not sent:
            why = ["not at all: the header vAuthorization is missing"]
        else:
            known = self.difference(path, query, headers, body)
            odd = oddity(sent)
            why = known if known is not None else [f"as something else: {odd}" if odd else _OTHER]
        return Verdict(form is not None, form, sent, self._expected(path, body), hashed, why)

    def _expected(self, path: str, body: bytes | None) -> dict[str, str]:
        return {form: signature(path, body, self.client_key, self.secret_key, form) for form in self.forms}
