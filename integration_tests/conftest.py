"""One simulated workspace for all acceptance tests, and the hooks of Airbyte's standard tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.models.scenario import ScenarioCommand

# Imported, and not a plugin: only the conftest.py of the root folder may name plugins.
from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests

from integration_tests.scenario import NOW, TESTS, load, simulator
from simulator import Simulator
from unit_tests.conftest import _short_waits
from unit_tests.connector import Connector

__all__ = ["_short_waits", "pytest_generate_tests"]

# The command of each standard test; the test itself would skip a config not listed for it.
COMMANDS: dict[str, ScenarioCommand] = {
    "test_check": "check",
    "test_config_matches_spec": "spec",
    "test_discover": "discover",
    "test_basic_read": "read",
    "test_fail_read_with_bad_catalog": "read",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "image_tests: run the connector's image with Docker")
    config.addinivalue_line("markers", "requires_creds: need a config below secrets/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of the image, and those that the file does not ask for a config.

    The image has `make image-test`, which needs no Docker and no network: the standard tests build
    it from a template that they download, ask the registry for the published version, and their
    containers do not reach the simulator on this machine.
    """
    dropped = [item for item in items if not _is_asked(item)]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


def _is_asked(item: pytest.Item) -> bool:
    if item.get_closest_marker("image_tests"):
        return False
    call = getattr(item, "callspec", None)
    scenario = call and call.params.get("scenario")
    command = COMMANDS.get(getattr(item, "originalname", ""))
    if command and isinstance(scenario, ConnectorTestScenario):
        return scenario.runs(command)
    return True


@pytest.fixture(scope="session")
def workspace() -> Iterator[Simulator]:
    """The simulated workspace, running."""
    with simulator() as running:
        yield running


@pytest.fixture
def connector(workspace: Simulator, tmp_path: Path) -> Connector:
    """The connector with the sample config."""
    config = load(TESTS["basic_read"]["tests"][0]["config_path"])
    return Connector(tmp_path, workspace, NOW, **config)
