"""Write integration_tests/expected_records.jsonl: what the simulated workspace holds.

One line a record, in the form of Airbyte's acceptance tests; the connector has no part in it.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from integration_tests.scenario import NOW, TESTS, truth  # noqa: E402


def lines() -> str:
    """The content of the file."""
    emitted_at = int(NOW.timestamp() * 1000)
    return "".join(
        json.dumps({"stream": name, "data": row, "emitted_at": emitted_at}, ensure_ascii=False)
        + "\n"
        for name, rows in truth().items()
        for row in rows
    )


if __name__ == "__main__":
    file = ROOT / TESTS["basic_read"]["expect_records"]["path"]
    file.write_text(lines(), encoding="utf-8")
