"""Field names: which ones a schema knows, and which of them an unknown name most likely means.

Most endpoint files know only a part of a payload, so their schemas let unknown fields pass. An unknown name that is
close to a known one is still a mistake: the vendor ignores it, and a read without its filter returns everything.

Read `unknown` first: it decides what happens to unknown fields. Imports run `spelling, levels < guesses < unknown`;
`private` knows the names of secrets and of personal data. The package knows nothing of endpoint files.
"""

__all__ = ["levels", "private", "unknown"]
