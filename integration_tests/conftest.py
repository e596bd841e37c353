"""One simulated workspace for all acceptance tests, and the hooks of Airbyte's standard tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

# Imported, and not a plugin: only the conftest.py of the root folder may name plugins.
from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests

from integration_tests.scenario import CONFIG, NOW, simulator
from simulator import Simulator
from unit_tests.conftest import _quick_start, _short_waits
from unit_tests.connector import Connector

__all__ = ["_quick_start", "_short_waits", "pytest_generate_tests"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of the image: `make image-test` needs no Docker and no registry."""
    dropped = [item for item in items if item.get_closest_marker("image_tests")]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


@pytest.fixture(scope="session")
def workspace() -> Iterator[Simulator]:
    """The simulated workspace, running."""
    with simulator() as running:
        yield running


@pytest.fixture
def connector(workspace: Simulator, tmp_path: Path) -> Connector:
    """The connector with the sample config."""
    return Connector(tmp_path, workspace, NOW, **CONFIG)
