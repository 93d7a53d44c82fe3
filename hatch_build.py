"""A step of the build: a wheel has the endpoint files also as values, so that it need not parse them.

See `ocreg.registry.parsed`. An editable install has none: a source tree changes.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._made = TemporaryDirectory()
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from ocreg.registry.parsed import FOLDER, write

        write(Path(self.root, "endpoints"), Path(self._made.name))
        build_data["force_include"][self._made.name] = f"ocreg/endpoints/{FOLDER}"

    def finalize(self, *_: Any) -> None:
        self._made.cleanup()
