"""Validate the manifest against the CDK's component schema.

Usage: `python -m scripts.validate [MANIFEST]`. Prints one line for each error; the exit code is 1 if there is any.
The CDK itself reports every alternative of every component, which is hundreds of lines for one wrong value.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airbyte_cdk.sources.declarative.concurrent_declarative_source import get_declarative_component_schema
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import ManifestComponentTransformer
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml
from jsonschema import ValidationError
from jsonschema.validators import validator_for

MANIFEST = Path(__file__).parent.parent / "manifest.yaml"


def problems(path: Path) -> list[str]:
    """One line for each error of a manifest, with the streams that have it."""
    manifest = ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(path.read_bytes()))
    manifest = ManifestComponentTransformer().propagate_types_and_parameters("", manifest, {})
    schema = get_declarative_component_schema()
    found: dict[str, set[str]] = defaultdict(set)
    for error in validator_for(schema)(schema).iter_errors(manifest):
        for leaf in leaf_errors(error):
            found[described(leaf, manifest)].add(place(leaf, manifest))
    return [f"{text} (in {names(places)})" for text, places in sorted(found.items())]


def names(places: set[str]) -> str:
    """The first three places, and how many others there are."""
    first = ", ".join(sorted(places)[:3])
    return f"{first} and {len(places) - 3} more" if len(places) > 3 else first


def leaf_errors(error: ValidationError) -> Iterator[ValidationError]:
    """The errors of the alternatives that have the component's type; the error itself if there is none."""
    alternatives: dict[object, list[ValidationError]] = defaultdict(list)
    for inner in error.context or ():
        alternatives[inner.schema_path[0]].append(inner)
    fitting = [found for found in alternatives.values() if not any(map(is_another_type, found))]
    if not fitting:
        yield error
    for found in fitting:
        for inner in found:
            yield from leaf_errors(inner)


def is_another_type(error: ValidationError) -> bool:
    """Whether an alternative of the schema describes a component or value of another type."""
    return list(error.path) == ["type"] or (not error.path and error.validator == "type")


def described(error: ValidationError, manifest: Any) -> str:
    """The component's type, the field and what is wrong with it."""
    component, field = "manifest", list[object]()
    for step in error.absolute_path:
        manifest = manifest[step]
        field.append(step)
        if isinstance(manifest, dict) and "type" in manifest:
            component, field = manifest["type"], []
    message = "no such component is possible here" if error.context else error.message
    return f"{'.'.join(map(str, [component, *field]))}: {message[:200]}"


def place(error: ValidationError, manifest: Any) -> str:
    """The stream or the section of the manifest that an error is in."""
    section, *path = [*error.absolute_path, ""]
    if section == "streams" and isinstance(path[0], int):
        return str(manifest["streams"][path[0]].get("name", path[0]))
    return str(section) or "the manifest"


def main(path: Path = MANIFEST) -> int:
    """Print the errors; returns the exit code."""
    lines = problems(path)
    print("\n".join(lines) or "The manifest is valid.")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
