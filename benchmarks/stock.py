"""The manifest's `users` stream on the bare CDK: nothing but stock components.

Run as a process, `python -m benchmarks.stock read --config ... --catalog ...`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)

NEXT = "{{ response.get('data', {}).get('pagination', {}).get('next', '') }}"


def manifest() -> dict[str, Any]:
    """The connector's manifest with stock components in place of its own."""
    text = (Path(__file__).parent.parent / "manifest.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    parts = found["definitions"]
    parts["requester"] = {
        "type": "HttpRequester",
        "url_base": "{{ config['api_url'] }}",
        "path": "{{ parameters['endpoint']['path'] }}",
        "authenticator": {"type": "BearerAuthenticator", "api_token": "{{ config['api_token'] }}"},
    }
    parts["paginator"]["pagination_strategy"] = {
        "type": "CursorPagination",
        "cursor_value": NEXT,
        "stop_condition": "{{ not response.get('data', {}).get('pagination', {}).get('next') }}",
        "page_size": 1000,
    }
    extractor = {
        "type": "DpathExtractor",
        "field_path": ["data", "{{ parameters['endpoint']['records'] }}"],
    }
    parts["retriever"] = {
        "type": "SimpleRetriever",
        "requester": {"$ref": "#/definitions/requester"},
        "paginator": {"$ref": "#/definitions/paginator"},
        "record_selector": {"type": "RecordSelector", "extractor": extractor},
    }
    del found["spec"]["config_normalization_rules"]
    found["streams"] = [{"$ref": "#/definitions/streams/users"}]
    return found


def main(args: list[str]) -> None:
    """Run the command line."""
    parsed = AirbyteEntrypoint.parse_args(args)
    source = ConcurrentDeclarativeSource(
        ConcurrentDeclarativeSource.read_catalog(parsed.catalog),
        ConcurrentDeclarativeSource.read_config(parsed.config),
        None,
        source_config=manifest(),
    )
    launch(source, args)


if __name__ == "__main__":
    main(sys.argv[1:])
