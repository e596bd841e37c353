"""The catalog that the connector reads off its manifest is the one that the CDK would build."""

from __future__ import annotations

import logging

from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)

from source_segment import SourceSegment


def test_discover_equals_the_stock_discover() -> None:
    source = SourceSegment(None, {"api_token": "sgp_example", "start_date": "2026-01-01"})
    logger = logging.getLogger("airbyte")

    assert source.discover(logger, {}) == ConcurrentDeclarativeSource.discover(source, logger, {})
