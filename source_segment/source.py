"""The source: loads the manifest, checks a connection by feature, orders and watches a sync."""

import itertools
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    FailureType,
    Status,
    SyncMode,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import (
    ManifestReferenceResolver,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_segment import components
from source_segment.progress import Progress, state_of

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
        command: str = "read",
    ) -> None:
        manifest = ManifestReferenceResolver().preprocess_manifest(load_manifest())
        self._declared: dict[str, Json] = manifest.pop("definitions")["streams"]
        self._endpoints = {n: s["$parameters"]["endpoint"] for n, s in self._declared.items()}
        # Building a stream takes its time, so only what the command needs is built.
        built = list(self._declared) if command == "read" else ["workspace"]
        if catalog:
            built = [entry.stream.name for entry in catalog.streams]
        elif command == "check":
            built += self._probes().values()
        manifest["streams"] = [self._declared[n] for n in built if n in self._declared]
        super().__init__(catalog, config, state, source_config=manifest)
        # The CDK lets 10,000 records and as many partitions wait, which was most of the memory,
        # and has no setting for either (7.39.1).
        self._concurrent_source._queue.maxsize = 1000
        self._concurrent_source._threadpool._max_concurrent_tasks = 2000
        self.arguments = (self._config, catalog, state or [])

    def streams(self, config: Mapping[str, Any]) -> list[Any]:
        """The streams; of partitions past 10,000 the CDK would keep one state for all (7.39.1).

        It moves on though some of them failed, and has no setting for that number.
        """
        streams: list[Any] = super().streams(config)
        for stream in streams:
            stream.cursor.SWITCH_TO_GLOBAL_LIMIT = sys.maxsize
        return streams

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """The catalog, read off the manifest: the stock way builds all streams first."""
        return AirbyteCatalog(streams=[self._described(s) for s in self._declared.values()])

    @staticmethod
    def _described(stream: Json) -> AirbyteStream:
        cursor = stream.get("incremental_sync", {}).get("cursor_field")
        schema = Path(__file__).parent / "schemas" / f"{stream['$parameters']['name']}.json"
        return AirbyteStream(
            name=schema.stem,
            json_schema=orjson.loads(schema.read_bytes()),
            supported_sync_modes=list(SyncMode) if cursor else [SyncMode.full_refresh],
            source_defined_cursor=True if cursor else None,
            default_cursor_field=[cursor] if cursor else None,
            source_defined_primary_key=[[key] for key in stream["primary_key"]],
            is_resumable=bool(cursor),
            is_file_based=False,
        )

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Prove the token on `GET /`, and log which features this plan or token cannot read.

        One request for the workspace, and one or two for each feature.
        """
        self._config = {**self._config, "page_size": 1, "unavailable_streams": "skip"}
        run: components.Run = self._config[components.RUN]
        run.tries = 2
        built = {stream.name: stream for stream in self.streams(self._config)}
        try:
            if not (workspace := self._first_record(built["workspace"])):
                said = [*run.refused["workspace"].values(), "no workspace"]
                url = self._config["api_url"]
                message = f"{url} does not answer like Segment, or refuses the token ({said[0]})."
                raise components.failure(FailureType.config_error, message)
            lacking = self._lacking(logger, run, built)
        except AirbyteTracedException as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        logger.info(f"Connected to the workspace {workspace.get('name')!r}.")
        if lacking:
            logger.warning(f"This plan or token cannot read:\n{''.join(lacking)}A sync skips them.")
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def _lacking(
        self, logger: logging.Logger, run: components.Run, built: Mapping[str, Any]
    ) -> list[str]:
        """A line for each feature that is refused, with the streams that need it."""
        lines = []
        for feature, name in self._probes().items():
            try:
                self._first_record(built[name])
            except AirbyteTracedException as error:  # such as an outage of one endpoint
                if run.down or error.failure_type == FailureType.config_error:
                    raise
                logger.warning(f"{feature}: could not be tried. {error.message}")
            if name in run.unread:
                needing = [n for n, e in self._endpoints.items() if e.get("requires") == feature]
                lines.append(f"  {feature}: {', '.join(needing)}\n")
        return lines

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the long chains first; log the progress.

        Raises AirbyteTracedException at once if the token is refused everywhere, and at the end if
        no selected stream is available.
        """
        run: components.Run = self._config[components.RUN]
        names = [entry.stream.name for entry in catalog.streams]
        catalog.streams.sort(key=lambda entry: self._place(entry.stream.name))
        if unknown := [name for name in names if name not in self._declared]:
            said = f"The catalog names streams that do not exist: {', '.join(unknown)}. "
            said += "Refresh the source schema, or take the names from discover."
            if unknown == names:
                raise components.failure(FailureType.config_error, said)
            logger.warning(said)
        usage = {n: at for n, at in map(state_of, state or ()) if n.startswith("usage_")}
        progress = Progress(len(names))
        try:
            messages: Iterator[AirbyteMessage] = super().read(logger, config, catalog, state)
            for message in self._each_error_once(messages):
                if run.dead and not run.answered:
                    raise run.dead
                if message.state is None or not self._moves_back(message.state, usage):
                    yield message
                if line := progress.line(message):
                    logger.info(line)
        finally:
            skipped = self._tell_skipped(logger, names, run)
        if len(unknown) + len(skipped) == len(names) > 0:
            raise components.failure(
                FailureType.config_error,
                "None of the selected streams can be read with this plan and token: "
                + " ".join(skipped),
            )

    @staticmethod
    def _each_error_once(messages: Iterator[AirbyteMessage]) -> Iterator[AirbyteMessage]:
        """Without errors that partitions of a stream repeat; the sync's own is of their kind.

        The CDK tells each, and calls the end of the sync the user's fault whatever it was.
        """
        told: set[tuple[str, str | None, FailureType | None]] = set()
        try:
            for message in messages:
                if error := message.trace.error if message.trace else None:
                    told_now = str(error.stream_descriptor), error.message, error.failure_type
                    if told_now in told:
                        continue
                    told.add(told_now)
                yield message
        except AirbyteTracedException as error:
            if len(kinds := {kind for _, _, kind in told if kind}) == 1:
                error.failure_type = kinds.pop()
            raise

    @staticmethod
    def _moves_back(state: AirbyteStateMessage, before: Mapping[str, str]) -> bool:
        """Whether a usage state is that of `StateDate`, earlier than what the sync began with.

        Should the sync fail in its first month, the next one would subtract the late days again,
        and read a month more each time.
        """
        name, at = state_of(state)
        return at.endswith("-01") and at < before.get(name, "")[:10]

    def _tell_skipped(self, logger: logging.Logger, names: list[str], run: Any) -> list[str]:
        """Warn of what was refused or gone; why each unavailable stream is so."""
        skipped, unread = [], run.unread
        for name in sorted(names):
            if lost := next((n for n in (name, *self._parents(name)) if n in unread), None):
                said = next(iter(run.refused[lost].values()))
                said += f" to {lost}, whose records it needs" if lost != name else ""
                endpoint = self._endpoints[lost]
                skipped.append(components.ErrorHandler.unavailable(name, endpoint, said))
                logger.warning(f"{skipped[-1]} It is skipped.")
        for name in sorted(run.refused.keys() & run.answered):
            count = len(run.refused[name])
            logger.warning(f"Stream {name}: {count} parents were refused and skipped.")
        for name, gone in sorted(run.missing.items()):
            told = f"{len(gone)} parents answered 404 (deleted, or nothing there) and are skipped."
            logger.warning(f"Stream {name}: {told}")
        return skipped

    def _probes(self) -> dict[str, str]:
        """For each plan or feature the stream with the fewest parents that needs it."""
        names = sorted(self._endpoints, key=lambda name: len(self._parents(name)), reverse=True)
        found = {self._endpoints[name].get("requires"): name for name in names}
        return {feature: name for feature, name in found.items() if feature}

    def _parents(self, name: str) -> list[str]:
        """The streams that a stream's partitions come from, nearest first."""
        router = self._declared.get(name, {}).get("retriever", {}).get("partition_router", {})
        for parent in router.get("parent_stream_configs", ()):
            nearest = parent["stream"]["$parameters"]["name"]
            return [nearest, *self._parents(nearest)]
        return []

    def _place(self, name: str) -> tuple[int, int]:
        """Sort key of a stream: the slowest operations, then deep chains, then the rest.

        Operations with a limit of their own between these would hold threads: they come last.
        """
        limit = self._endpoints.get(name, {}).get("limit") or 0
        rank = 0 if 0 < limit < 10 and self._config["num_workers"] >= 10 else 1 + bool(limit)
        return rank, -len(self._parents(name))

    @staticmethod
    def _first_record(stream: Any) -> Mapping[str, Any]:
        for partition in itertools.islice(stream.generate_partitions(), 1):
            for record in partition.read():
                return dict(record.data)
        return {}
