"""Rows about ids that were not requested: a program that takes the first row would act on the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ResponseInvalid
from ..notices import OtherRowsWarning, tell
from ..registry.answer import key_in
from ..registry.values import decode
from .words import ending

if TYPE_CHECKING:
    from .exchange import Prepared


def told(call: Prepared, answer: dict[str, Any]) -> None:
    """Look for such rows, if the file declares how ids go in and come out (`finds`).

    Depending on the policy `unknown`: warn, raise ResponseInvalid, or skip the check.
    """
    endpoint = call.endpoint
    if endpoint.fields.policy == "allow" or call.request.body is None:
        return
    sent = decode(call.request.body)
    data = answer.get("data")
    count, rows = other_rows(endpoint.finds, sent["data"] if endpoint.envelope else sent, data)
    if not count:
        return
    fields = ", ".join(endpoint.finds.values())
    words = f"{endpoint.id}: {count:,} of {rows:,} rows are about ids that were not requested ({fields})"
    if endpoint.fields.policy == "warn":
        tell(OtherRowsWarning(f"{words}; check the ids before you use a row", endpoint.id, fields))
        return
    facts = {"operation": endpoint.id, "happened": "yes", "message_id": call.message_id, "reply": answer}
    said = f"{words}{ending('yes', endpoint.effect, call.message_id)}"
    raise ResponseInvalid(said, **facts, violations=[], _masked=endpoint.sensitive)


def _values_at(node: Any, path: str) -> list[Any]:
    """The values at a dotted path, through lists. Names match in any case."""
    level = [node]
    for name in path.split("."):
        inner = [one for item in level for one in (item if isinstance(item, list) else [item])]
        keys = [(item, key_in(item, name)) for item in inner if isinstance(item, dict)]
        level = [item[key] for item, key in keys if key is not None]
    return [one for item in level for one in (item if isinstance(item, list) else [item])]


def other_rows(finds: dict[str, str], sent: Any, data: Any) -> tuple[int, int]:
    """How many rows of an answer's `data` are about none of the ids in `sent`, and of how many.

    A row without an id is not counted. Nothing is counted if ids were sent for which the file's `finds` does not say
    where they come out.
    """
    lists = {path.partition(".")[0] for path in finds}
    if not isinstance(sent, dict) or any(isinstance(v, list) and v and name not in lists for name, v in sent.items()):
        return 0, 0
    wanted = {field: ids for path, field in finds.items() if (ids := _texts(_values_at(sent, path)))}
    above = next((field.rpartition(".")[0] for field in wanted), "")
    rows = _values_at(data, above) if above else data if isinstance(data, list) else [data]
    others = 0
    for row in rows if wanted else ():
        about = [(ids, _texts(_values_at(row, field.rpartition(".")[2]))) for field, ids in wanted.items()]
        others += all(found and not found & ids for ids, found in about)
    return others, len(rows)


def _texts(values: list[Any]) -> set[str]:
    return {text for value in values if isinstance(value, str) and (text := value.strip().casefold())}
