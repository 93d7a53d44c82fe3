"""architecture.md names every package, and no module or document that is not there."""

import re

from tests.documents import ROOT
from tests.test_house import WINGS

PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8")


def table(title: str) -> list[list[str]]:
    """The rows of the first table below a heading, each a list of cells."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def test_every_package_is_listed_in_the_order_of_imports() -> None:
    listed = []
    for name, _, modules in table("Packages"):
        single = re.findall(r"`(\w+)\.py`", modules)
        listed += [name.strip("`/").removesuffix(".py")] if name.startswith("`") else single
    assert listed == [name for name in WINGS if name != "__main__"]


def test_every_module_of_a_package_is_there() -> None:
    for name, _, modules in table("Packages"):
        if name.startswith("`") and name.endswith("/`") and name != "`cli/`":
            for module in re.findall(r"`([a-z_]+)`", modules):
                if module not in ("iterate", "call_many"):
                    assert (ROOT / "ocreg" / name.strip("`") / f"{module}.py").is_file(), f"{name}: {module}"


def test_every_file_on_the_page_is_there() -> None:
    for path in set(re.findall(r"`([\w/-]+\.(?:pyi?|yaml|md|html))`", PAGE)):
        places = [
            ROOT / path,
            ROOT / "ocreg" / path,
            ROOT / "ocreg" / "registry" / path,
            ROOT / "ocreg" / "operations" / path,
        ]
        assert any(place.is_file() for place in places), path
