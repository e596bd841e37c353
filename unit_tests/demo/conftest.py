"""PyAirbyte with the connector in the process of the tests, since its start takes as long as a read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from unit_tests.connector import captured


@pytest.fixture(scope="module")
def airbyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """PyAirbyte without a network; a command with the same files as before gives the same output."""
    outputs = dict[tuple[str, ...], str]()

    def execute(_: object, args: list[str], **__: Any) -> list[str]:
        key = tuple(Path(arg).read_text() if Path(arg).is_file() else arg for arg in args)
        outputs[key] = outputs.get(key) or captured(args)[1]
        return outputs[key].splitlines(keepends=True)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AIRBYTE_OFFLINE_MODE", "DO_NOT_TRACK", "NO_LIVE_PROGRESS"):
            patch.setenv(name, "1")
        patch.setenv("AIRBYTE_LOGGING_ROOT", str(tmp_path_factory.mktemp("log")))
        import airbyte
        from airbyte._executors.local import PathExecutor
        from airbyte.shared import SqlProcessorBase

        patch.setattr(PathExecutor, "execute", execute)
        # The look for new columns, of which there are none, takes most of the time of a read.
        patch.setattr(SqlProcessorBase, "_ensure_compatible_table_schema", lambda *_, **__: None)
        yield airbyte
