"""Runs the connector with a changed manifest: `launch.py CHANGE ARGS`.

A number shortens the minute of the operations with a rate limit of their own; `unlimited` takes these limits away.
`stock` replaces every custom component by the CDK's own; the exit code is 0 even if streams fail then.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_segment import run, source

CUSTOM = {"error_handler", "decoder", "state_migrations", "validations", "api_budget", "class_name"}


def stock(node: Any) -> Any:
    """A part of the manifest without custom components."""
    if isinstance(node, list):
        return [stock(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "CustomRecordExtractor":
        return {"type": "DpathExtractor", "field_path": ["data", "{{ parameters['records'] }}"]}
    kept = {name: stock(part) for name, part in node.items() if name not in CUSTOM}
    if node.get("type") == "CustomPartitionRouter":
        kept["type"] = "SubstreamPartitionRouter"
    if node.get("type") == "DeclarativeStream":
        kept["transformations"] = [{"type": "AddFields", "fields": [*parent_ids(node, "stream_partition")]}]
    if "cursor_datetime_formats" in kept:
        kept["cursor_datetime_formats"].insert(0, "%Y-%m-%dT%H:%M:%S.%_msZ")
    return kept


def parent_ids(stream: Any, place: str) -> Iterator[dict[str, Any]]:
    """The definitions that add the ids of all parents to a record."""
    router = stream["retriever"].get("partition_router", {})
    for config in router.get("parent_stream_configs", ()) if isinstance(router, dict) else ():
        name = config["partition_field"]
        yield {"path": [name], "value": f"{{{{ {place}['{name}'] }}}}", "value_type": "string"}
        yield from parent_ids(config["stream"], f"{place}['parent_slice']")


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    text = Path("manifest.yaml").read_text()
    if mode == "stock":
        manifest = stock(ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(text)))
    elif mode == "unlimited":
        manifest = safe_load_yaml(re.sub(r"(?<= limit: )\d+|(?<=requests_per_minute: )\d+", "1000000", text))
    else:
        text = text.replace("PT61S", f"PT{61 * float(mode):.3f}S")
        text = re.sub(r"(?<=requests_per_minute: )\d+", lambda match: f"{int(match[0]) / float(mode)}", text)
        manifest = safe_load_yaml(text)
    vars(source)["safe_load_yaml"] = lambda _: manifest
    code = run.main(arguments)
    os._exit(0 if mode == "stock" else code)
