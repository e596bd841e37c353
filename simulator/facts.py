"""The facts of the API: its GET operations and the JSON schemas of its records."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent.parent / "unit_tests" / "resource" / "api_facts"


@cache
def operations() -> dict[str, Any]:
    """The description of each operation by its name."""
    table = json.loads((FACTS / "endpoints.json").read_text())
    return {entry["operation_id"]: entry for entry in table["endpoints"]}


@cache
def schema(model: str) -> Any:
    """The JSON schema of a model; any JSON for a name that is no model."""
    path = FACTS / "schemas" / f"{model}.json"
    return json.loads(path.read_text()) if path.exists() else {"properties": {}}
