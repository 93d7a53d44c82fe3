"""The folder in which what was seen meets: of several processes and machines, and of such as die."""

import json
import os
import shutil
import threading

import pytest

from ocreg import Registry
from ocreg.observe import folder
from ocreg.observe.sightings import Seen, Sightings
from tests.children import Child

REGISTRY = Registry([])
ID = "outbound.query"
ANSWER = json.dumps({"code": 0, "data": [{"orderNumber": "OCO1"}]}).encode()


def some(count: int = 1, env: str = "sandbox") -> Sightings:
    seen = Sightings(REGISTRY.__getitem__)
    for _ in range(count):
        seen.add(Seen(ID, env, b'{"data": {}}', 200, ANSWER))
    return seen


def counted(*folders) -> int:
    found = folder.read(folders)
    assert found.refused == []
    return sum(sighting.answers for sighting in found.sightings.all.values())


def test_what_is_written_is_read(tmp_path) -> None:
    file = folder.write(tmp_path / "new" / "folder", some(3), None)
    found = folder.read([file.parent])
    assert found.sightings.as_json() == some(3).as_json()
    assert counted(file) == 3
    assert list(file.parent.iterdir()) == [file]


def test_a_process_keeps_to_one_file(tmp_path) -> None:
    last = None
    for _ in range(5):
        last = folder.write(tmp_path, some(2), last)
    assert list(tmp_path.iterdir()) == [last]
    assert counted(tmp_path) == 10


def test_many_files_become_one(tmp_path) -> None:
    for _ in range(folder.MOST_FILES):
        folder.write(tmp_path, some(), None)
    assert len(list(tmp_path.iterdir())) == folder.MOST_FILES
    folder.write(tmp_path, some(), None)
    assert len(list(tmp_path.iterdir())) == 1
    assert counted(tmp_path) == folder.MOST_FILES + 1


def test_machines_are_merged_and_a_copy_counts_once(tmp_path) -> None:
    one, two, both = tmp_path / "one", tmp_path / "two", tmp_path / "both"
    file = folder.write(one, some(2), None)
    folder.write(two, some(3, "production"), None)
    assert counted(one, two) == 5
    shutil.copytree(one, both)
    shutil.copytree(two, both, dirs_exist_ok=True)
    assert counted(both) == 5
    assert counted(one, two, both, file) == 5


def test_what_another_process_merged_is_not_written_again(tmp_path) -> None:
    mine = folder.write(tmp_path, some(2), None)
    for _ in range(folder.MOST_FILES - 1):
        folder.write(tmp_path, some(), None)
    folder.write(tmp_path, some(), None)  # takes all
    assert not mine.exists()
    folder.write(tmp_path, some(2), mine)
    assert counted(tmp_path) == 2 + folder.MOST_FILES + 2


@pytest.mark.parametrize("dies", range(1, 12))
def test_nothing_is_lost_or_counted_twice_whenever_a_process_dies(tmp_path, dies) -> None:
    """The operations of the file system, in turn, are where it dies: nothing runs after that, also no handler."""
    last = folder.write(tmp_path, some(4), None)
    code = f"""
import os, sys
from pathlib import Path
from ocreg.observe import folder, sightings
import json
left = {dies}
def look(event, args):
    global left
    if event in ("os.rename", "os.remove", "open") and {str(tmp_path)!r} in str(args[0]):
        left -= 1
        if not left:
            os._exit(7)
sys.addaudithook(look)
folder.write(Path({str(tmp_path)!r}), sightings.read(json.loads(sys.argv[1])), Path({str(last)!r}))
print("done", flush=True)
"""
    child = Child(code, json.dumps(some(3).as_json()))
    said = child.rest()
    child._closed()
    total = counted(tmp_path)
    assert total == 7 if said == ["done"] else total in (4, 7)
    assert dies > 1 or said == []
    folder.write(tmp_path, some(5), None)
    for _ in range(folder.MOST_FILES):  # they are merged, and what the dead one left is
        folder.write(tmp_path, some(), None)
    assert counted(tmp_path) == total + 5 + folder.MOST_FILES


WRITER = """
import sys
from pathlib import Path
from ocreg import Registry
from ocreg.observe import folder
from ocreg.observe.sightings import Seen, Sightings
known, last = Registry([]).__getitem__, None
print("ready", flush=True)
sys.stdin.readline()
for _ in range(30):
    seen = Sightings(known)
    seen.add(Seen("outbound.query", "sandbox", None, 200, b'{"code": 0, "data": []}'))
    last = folder.write(Path(sys.argv[1]), seen, None if len(sys.argv) > 2 else last)
"""


def test_processes_write_at_once_while_others_read(tmp_path) -> None:
    children = [
        Child(WRITER, str(tmp_path)),
        Child(WRITER, str(tmp_path), "many"),
        Child(WRITER, str(tmp_path), "many"),
    ]
    for child in children:
        assert child.hear() == "ready"
    folder.write(tmp_path, some(), None)
    counts, over = [], threading.Event()

    def look() -> None:
        while not over.is_set():
            counts.append(counted(tmp_path))

    reader = threading.Thread(target=look)
    reader.start()
    for child in children:
        child.go()
    for child in children:
        child.end()
    over.set()
    reader.join()
    assert counted(tmp_path) == 91
    assert counts == sorted(counts), "what was seen once is seen from then on"


def test_files_that_say_nothing_are_named_and_stay(tmp_path) -> None:
    folder.write(tmp_path, some(), None)
    names = [f"shapes-20260101-{n:012x}.json" for n in range(6)]
    bad = [
        b"",
        b"{",
        b"[]",
        b'{"form": "ocreg-shapes-9"}',
        b"\xff\xfe",
        b'{"form": "ocreg-shapes-1", "operations": {"a.b": {"moon": {}}}}',
    ]
    for name, content in zip(names, bad, strict=True):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("not ours")
    found = folder.read([tmp_path])
    assert [words.partition(": ")[0] for words in found.refused] == [str(tmp_path / name) for name in names]
    assert len(found.sightings.all) == 1
    for _ in range(folder.MOST_FILES):
        folder.write(tmp_path, some(), None)
    assert all((tmp_path / name).exists() for name in [*names, "notes.txt"])
    assert sum(s.answers for s in folder.read([tmp_path]).sightings.all.values()) == 1 + folder.MOST_FILES


def test_a_folder_that_cannot_be_written_leaves_everything_as_it_was(tmp_path) -> None:
    last = folder.write(tmp_path, some(2), None)
    seen = some(3)
    full = tmp_path.with_name("a file")
    full.write_text("")
    with pytest.raises(OSError, match=r"File exists|Not a directory|cannot find"):
        folder.write(full, seen, None)
    assert counted(folder.write(tmp_path, seen, last)) == 5


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_owner_can_read(tmp_path) -> None:
    file = folder.write(tmp_path / "new", some(), None)
    assert [path.stat().st_mode & 0o777 for path in (file, file.parent)] == [0o600, 0o700]
