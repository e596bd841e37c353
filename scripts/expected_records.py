"""What the acceptance tests expect: the records of the simulated workspace, and a catalog of all streams."""

import json
from pathlib import Path

from integration_tests.scenario import CATALOG, NOW, RECORDS, truth
from scripts import catalog


def files() -> dict[Path, str]:
    """The two files, with their texts."""
    return {RECORDS: records(), CATALOG: configured_catalog()}


def configured_catalog() -> str:
    """A configured catalog, one line for each stream; incremental and deduplicated where a stream has a cursor."""
    lines = [f"    {json.dumps(_configured(stream))}" for stream in catalog.streams().values()]
    return '{\n  "streams": [\n' + ",\n".join(lines) + "\n  ]\n}\n"


def _configured(stream: catalog.Stream) -> catalog.Json:
    key = [[name] for name in stream.key]
    declared: catalog.Json = {"name": stream.name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    declared["source_defined_primary_key"] = key
    if not stream.cursor:
        modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        return {"stream": declared, **modes, "primary_key": key}
    declared["supported_sync_modes"].append("incremental")
    declared |= {"source_defined_cursor": True, "default_cursor_field": [stream.cursor]}
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return {"stream": declared, **modes, "cursor_field": [stream.cursor], "primary_key": key}


def records() -> str:
    """The true records, one line each, in the format of Airbyte's acceptance tests."""
    emitted_at = int(NOW.timestamp() * 1000)
    return "".join(
        json.dumps({"stream": name, "data": row, "emitted_at": emitted_at}, ensure_ascii=False) + "\n"
        for name, rows in truth().items()
        for row in rows
    )
