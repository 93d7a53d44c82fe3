"""Names of fields: which ones a schema knows, and which of them a strange one most likely means.

Most files know only a part of a payload, so their schemas let unknown fields pass. A strange name that is near a known
one is a slip all the same: the vendor ignores it, and a read without its filter is answered with everything.

Read `unknown` first: what is done about them. Imports run `spelling, levels < guesses < unknown`; `private` knows
the names of secrets and of personal data. The wing knows nothing of endpoint files.
"""

__all__ = ["levels", "private", "unknown"]
