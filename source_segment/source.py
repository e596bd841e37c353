"""The source: loads the manifest, checks a connection by feature, orders and watches a sync."""

import logging
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    FailureType,
    Status,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_segment import components

# The name under which Airbyte's own runner loads `components.py`, and the manifest names it.
sys.modules.setdefault("source_declarative_manifest.components", components)

Json = dict[str, Any]


def load_manifest() -> Json:
    """The manifest as a dict: beside this file in a wheel or image, one folder up in a checkout."""
    here = Path(__file__).resolve().parent
    path = next(p for p in (here / "manifest.yaml", here.parent / "manifest.yaml") if p.exists())
    manifest: Json = safe_load_yaml(path.read_bytes())
    return manifest


class SourceSegment(ConcurrentDeclarativeSource):
    """The connector; `catalog`, `config` and `state` are those of the command, if it has them."""

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
    ) -> None:
        manifest = load_manifest()
        self._declared = manifest["definitions"]["streams"]
        if catalog:  # what is not selected need not be built
            selected = {f"#/definitions/streams/{entry.stream.name}" for entry in catalog.streams}
            manifest["streams"] = [s for s in manifest["streams"] if s["$ref"] in selected]
        super().__init__(catalog, config, state, source_config=manifest)
        self.command = (self._config, catalog, state or [])

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Prove the token on `GET /`, and log which features this plan or token cannot read.

        One request for the workspace and one for each feature that a list without parent needs.
        """
        if problem := self._config.get(components.PROBLEM):
            return AirbyteConnectionStatus(status=Status.FAILED, message=f"Config: {problem}")
        self._config = {**self._config, "page_size": 1, "unavailable_streams": "skip"}
        run: components.Run = self._config[components.RUN]
        run.tries, run.quiet = 2, True
        features: dict[str, list[str]] = defaultdict(list)
        for name, endpoint in self._endpoints().items():
            features[endpoint.get("requires", "")].append(name)
        lists = {
            feature: next((n for n in names if "{" not in str(self._endpoints()[n])), None)
            for feature, names in features.items()
            if feature
        }
        built = {
            stream.name: stream
            for stream in self._streams_by_name(["workspace", *filter(None, lists.values())]) or ()
        }
        try:
            workspace = self._first_record(built["workspace"])
            for name in filter(None, lists.values()):
                self._first_record(built[name])
        except AirbyteTracedException as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        logger.info(f"Connected to the workspace {workspace.get('name')!r}.")
        lacking = [
            f"  {feature}: {', '.join(features[feature])}"
            for feature, name in lists.items()
            if name in run.unavailable
        ]
        if lacking:
            logger.warning(
                "This plan or token cannot read:\n" + "\n".join(lacking) + "\nA sync skips them."
            )
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the long chains first; log the progress at least once a minute of messages.

        Raises AirbyteTracedException at once if the token is refused everywhere, and at the end if
        no selected stream is available.
        """
        run: components.Run = self._config[components.RUN]
        names = [entry.stream.name for entry in catalog.streams]
        catalog.streams.sort(key=lambda entry: self._place(entry.stream.name))
        done, said, records = 0, time.monotonic(), 0
        for message in super().read(logger, config, catalog, state):
            if run.dead:
                raise run.dead
            yield message
            records += message.record is not None
            status = message.trace.stream_status if message.trace else None
            finished = status and status.status in (
                AirbyteStreamStatus.COMPLETE,
                AirbyteStreamStatus.INCOMPLETE,
            )
            done += bool(finished)
            if finished or time.monotonic() - said > 60:
                said = time.monotonic()
                logger.info(f"{done} of {len(names)} streams done, {records} records so far.")
        for name, answers in sorted(run.refused.items()):
            if name in run.answered:
                logger.warning(f"Stream {name}: {len(answers)} parents were refused and skipped.")
            elif name not in run.unavailable:
                needs = components.ErrorHandler.unavailable(
                    name, self._endpoints()[name], answers[0]
                )
                run.unavailable[name] = needs
                logger.warning(f"{needs} It is skipped.")
        for name, count in sorted(run.missing.items()):
            logger.warning(f"Stream {name}: {count} parents were deleted meanwhile and skipped.")
        lost = run.unavailable.keys()
        if names and all(lost & {name, *self._parents(name)} for name in names):
            raise components.failure(
                FailureType.config_error,
                "None of the selected streams can be read with this plan and token: "
                + " ".join(sorted(run.unavailable.values())),
            )

    def _endpoints(self) -> dict[str, Json]:
        return {n: s["$parameters"]["endpoint"] for n, s in self._declared.items()}

    def _parents(self, name: str) -> list[str]:
        """The streams that a selected stream's partitions come from, nearest first."""
        config: Json = next((s for s in self._source_config["streams"] if s["name"] == name), {})
        found = []
        while router := config.get("retriever", {}).get("partition_router", {}):
            if "parent_stream_configs" not in router:
                break
            config = router["parent_stream_configs"][0]["stream"]
            found.append(config["name"])
        return found

    def _place(self, name: str) -> tuple[int, int]:
        """Sort key of a stream: the slowest operations, then deep chains, then the rest.

        Operations with a limit of their own between these would hold threads: they come last.
        """
        limit = self._endpoints().get(name, {}).get("limit") or 0
        rank = 0 if 0 < limit < 10 and self._config["num_workers"] >= 10 else 1 + bool(limit)
        return rank, -len(self._parents(name))

    @staticmethod
    def _first_record(stream: Any) -> Mapping[str, Any]:
        for partition in stream.generate_partitions():
            for record in partition.read():
                return dict(record.data)
            break
        return {}
