"""The shipped registry keeps its word: no operation changes its meaning unnoticed.

`contract.json` holds what every shipped operation means to callers, as `ocreg.diff.compare` sees it: method, path, host,
auth, effect, limits, and for every field of its schemas the types, values, formats, lengths and what is required. Words
for people, examples, the sandbox and the evidence are not in it. It also holds a digest of all that.

The rule: the topmost line `Contract: <the digest's first eight digits>` of CHANGELOG.md names the present digest. So a
change of an endpoint file's meaning fails here until the snapshot is written anew *and* somebody has put the new line
into the changelog, where it stands beside the words about what changed. What no test can see is whether those words are
true. A release adds no line: its section keeps the one it has, and a section without one changed no meaning.

To accept a change: `python -m tests.registry.test_contract` writes the snapshot and prints the line.
"""

import hashlib
import json
import re
from pathlib import Path

from ocreg.diff import compare
from ocreg.diff.revisions import Alone
from ocreg.registry.files import shipped

SNAPSHOT = Path(__file__).with_name("contract.json")
CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
LINE = re.compile(r"^Contract: ([0-9a-f]{8})$", re.MULTILINE)
HOW = "Run `python -m tests.registry.test_contract`, and say in CHANGELOG.md what changed in which operation."


def present() -> dict:
    """What the shipped operations mean now."""
    operations = compare.meanings(Alone(Path(str(shipped()))))
    for meaning in operations.values():
        del meaning["status"]  # how well something is known is no promise
    return operations


def digest(operations: dict) -> str:
    return hashlib.sha256(json.dumps(operations, sort_keys=True).encode()).hexdigest()


def layout(value: object, indent: str = "") -> str:
    """JSON, with on one line what fits there: a field is a line, so that a diff shows fields."""
    flat = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if not isinstance(value, dict) or len(indent + flat) <= 110:
        return flat
    inner = ",\n".join(f"{indent} {json.dumps(key)}: {layout(value[key], indent + ' ')}" for key in sorted(value))
    return f"{{\n{inner}\n{indent}}}"


def words(old: dict, new: dict) -> str:
    changes = compare.between(old, new)
    return "\n".join(f"{'breaking' if c.breaking else 'ok':<8}  {c.operation}  {c.path}: {c.message}" for c in changes)


def recorded() -> dict:
    return json.loads(SNAPSHOT.read_text("utf-8"))


def test_no_operation_changed_its_meaning() -> None:
    changed = words(recorded()["operations"], present())
    assert not changed, (
        f"The shipped operations no longer mean what tests/registry/contract.json says:\n{changed}\n{HOW}"
    )
    assert recorded()["operations"] == present(), f"tests/registry/contract.json says the same in another form. {HOW}"


def test_the_snapshot_was_not_edited_by_hand() -> None:
    assert recorded()["digest"] == digest(recorded()["operations"]), HOW


def test_the_changelog_names_the_contract() -> None:
    found = LINE.search(CHANGELOG.read_text("utf-8"))
    line = f"Contract: {recorded()['digest'][:8]}"
    assert found, f"CHANGELOG.md lacks the line `{line}`"
    assert found[0] == line, f"The topmost contract line of CHANGELOG.md must be `{line}`, beside words on what changed"


def test_every_kind_of_promise_is_in_the_snapshot() -> None:
    cancel = recorded()["operations"]["outbound.cancel"]
    assert (cancel["method"], cancel["path"], cancel["effect"]) == ("POST", "/3pp/outbound/v1/cancel", "cancel")
    assert "orderNumber" in cancel["data"]["required"]
    text = SNAPSHOT.read_text("utf-8")
    for key in ("type", "enum", "format", "minLength", "maxLength", "required", "closed", "limits", "response"):
        assert f'"{key}"' in text


def write() -> None:
    """Write the snapshot anew; say what changed, and the line for the changelog."""
    before = recorded()["operations"] if SNAPSHOT.exists() else {}
    operations = present()
    SNAPSHOT.write_text(layout({"digest": digest(operations), "operations": operations}) + "\n", "utf-8")
    print(words(before, operations) or "nothing changed")
    print(f"\nThe line for CHANGELOG.md, beside words on what changed:\n\nContract: {digest(operations)[:8]}")


if __name__ == "__main__":
    write()
