"""A step of the build: parse the endpoint files, so that an installed ocreg need not (`ocreg.registry.parsed`)."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from ocreg.registry.parsed import write

        write(Path(self.root, "endpoints"))
