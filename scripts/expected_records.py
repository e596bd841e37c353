"""Write what the acceptance tests expect: the records of the simulated workspace, and a catalog.

One line a record, in the form of Airbyte's acceptance tests, in which the connector has no part;
and one line a stream of a configured catalog with all of them, incremental where they can be.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from integration_tests.scenario import NOW, TESTS, truth  # noqa: E402
from scripts import catalog  # noqa: E402


def configured_catalog() -> str:
    """The content of the catalog's file."""
    return (
        '{\n  "streams": [\n'
        + ",\n".join(f"    {json.dumps(_configured(s))}" for s in catalog.streams().values())
        + "\n  ]\n}\n"
    )


def _configured(stream: catalog.Stream) -> catalog.Json:
    key = [[name] for name in stream.key]
    described: catalog.Json = {
        "name": stream.name,
        "json_schema": {},
        "supported_sync_modes": ["full_refresh"],
        "source_defined_primary_key": key,
    }
    if not stream.cursor:
        modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        return {"stream": described, **modes, "primary_key": key}
    described["supported_sync_modes"] = ["full_refresh", "incremental"]
    described |= {"source_defined_cursor": True, "default_cursor_field": [stream.cursor]}
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return {"stream": described, **modes, "cursor_field": [stream.cursor], "primary_key": key}


def records() -> str:
    """The content of the file of records."""
    emitted_at = int(NOW.timestamp() * 1000)
    return "".join(
        json.dumps({"stream": name, "data": row, "emitted_at": emitted_at}, ensure_ascii=False)
        + "\n"
        for name, rows in truth().items()
        for row in rows
    )


if __name__ == "__main__":
    file = ROOT / TESTS["basic_read"]["expect_records"]["path"]
    file.write_text(records(), encoding="utf-8")
    file = ROOT / TESTS["incremental"]["tests"][0]["configured_catalog_path"]
    file.write_text(configured_catalog(), encoding="utf-8")
