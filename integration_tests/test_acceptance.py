"""Airbyte's standard tests of a source, on the configs that acceptance-test-config.yml names."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from freezegun import freeze_time

from integration_tests.scenario import NOW, ROOT
from simulator import Simulator
from source_segment.source import SourceSegment

pytestmark = pytest.mark.slow


class TestAcceptance(SourceTestSuiteBase):
    """The standard tests, at the time of the simulated workspace."""

    connector = SourceSegment
    api_url: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _simulated(self, workspace: Simulator) -> Iterator[None]:
        type(self).api_url = workspace.url
        with freeze_time(NOW, tick=True, ignore=["_pytest"]):
            yield

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> SourceSegment:
        """The source with the config of the scenario and the address of the simulator."""
        if scenario is None:
            return SourceSegment(command="spec")
        config = scenario.get_config_dict(connector_root=ROOT, empty_if_missing=True)
        return SourceSegment(config=config | {"api_url": cls.api_url})
