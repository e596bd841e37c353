"""Validate the manifest against the CDK's component schema, and print only the errors that matter.

The CDK reports one error for each alternative of each component, hundreds of lines for one typing
error. Here an alternative counts only if the component's `type` chooses it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    get_declarative_component_schema,
)
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import (
    ManifestComponentTransformer,
)
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import (
    ManifestReferenceResolver,
)
from airbyte_cdk.utils.yaml_loader import safe_load_yaml
from jsonschema import ValidationError
from jsonschema.validators import validator_for

MANIFEST = Path(__file__).parent.parent / "manifest.yaml"


def leaf_errors(error: ValidationError) -> Iterator[ValidationError]:
    """The errors of the alternative that a component's type chooses."""
    if not error.context:
        yield error
        return
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    chosen = [b for b in branches.values() if not any(e.path and e.path[-1] == "type" and len(e.path) == 1 for e in b)]
    for branch in chosen or list(branches.values()):
        for inner in branch:
            yield from leaf_errors(inner)


def main() -> None:
    """Print one line for each error; the exit code is 1 if there is one."""
    manifest = ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(MANIFEST.read_bytes()))
    manifest = ManifestComponentTransformer().propagate_types_and_parameters("", manifest, {})
    schema = get_declarative_component_schema()
    errors = {
        f"{'.'.join(map(str, leaf.absolute_path))}: {leaf.message[:200]}"
        for error in validator_for(schema)(schema).iter_errors(manifest)
        for leaf in leaf_errors(error)
    }
    print("\n".join(sorted(errors)) or f"{MANIFEST.name} is valid")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
