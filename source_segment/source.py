"""The source: loads the manifest, reads slow operations last, and fails if Segment refuses everything."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airbyte_cdk as cdk
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_segment import components

# The manifest names components by the module under which Airbyte's own runner loads them.
sys.modules.setdefault("source_declarative_manifest.components", components)


class SourceSegment(ConcurrentDeclarativeSource):
    """The connector, with the streams that a command needs: building all of them takes two seconds."""

    def __init__(self, catalog: Any = None, config: Any = None, state: Any = None, command: str = "read") -> None:
        path = Path(__file__).with_name("manifest.yaml")  # in a wheel or image; in a checkout it is one folder up
        text = (path if path.exists() else path.parents[1] / path.name).read_bytes()
        manifest = ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(text) | {"streams": []})
        self.declared = manifest.pop("definitions")["streams"]
        names = [entry.stream.name for entry in catalog.streams] if catalog else list(self.declared)
        names = names if command in ("discover", "read") else ["workspace"]
        manifest["streams"] = [self.declared[name] for name in names if name in self.declared]
        super().__init__(catalog, config, state, source_config=manifest)

    def read(self, logger: Any, config: Any, catalog: cdk.ConfiguredAirbyteCatalog, state: Any = None) -> Iterator[Any]:
        """Read the selected streams; raises AirbyteTracedException at the end if Segment refused all of them."""
        catalog.streams.sort(key=lambda entry: "requests_per_minute" in str(self.declared.get(entry.stream.name)))
        empty, refused = {entry.stream.name for entry in catalog.streams}, dict[str, str]()
        logging.getLogger("airbyte").addFilter(lambda record: refused.update(getattr(record, "refused", {})) is None)
        for message in each_error_once(super().read(logger, config, catalog, state)):
            empty.discard(message.record.stream if message.record else "")
            yield message
        # The definition of a stream contains those of its parents.
        lost = [name for name in empty if any(f"'name': '{r}'" in str(self.declared.get(name)) for r in refused)]
        if lost and len(lost) == len(catalog.streams):
            needs = ", ".join(f"{name} ({need})" for name, need in sorted(refused.items()))
            raise components.failure(components.CONFIG, f"Segment refused all selected streams. Needed are: {needs}.")


def each_error_once(messages: Iterator[cdk.AirbyteMessage]) -> Iterator[cdk.AirbyteMessage]:
    """The messages, with one error for each stream and not for each partition; raises if the token is rejected."""
    failed = set[str]()
    try:
        for message in messages:
            if error := message.trace and message.trace.error:
                error.message = str(error.message).rpartition("Please see logs for more details. Exception: ")[2]
                if error.message.startswith(components.TOKEN_REJECTED):
                    raise components.failure(components.CONFIG, error.message)
                name = error.stream_descriptor.name if error.stream_descriptor else ""
                if name in failed:
                    continue
                failed.add(name)
            yield message
    except cdk.AirbyteTracedException as error:
        if error.internal_message == "Concurrent read failure":  # with all errors of all partitions
            error.message = f"These streams failed: {', '.join(sorted(failed))}. Their errors are above."
        raise
