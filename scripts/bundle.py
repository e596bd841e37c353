"""Write build/manifest.yaml and build/components.py: the connector in two files.

The manifest there carries all schemas, so that the pair is a connector for Airbyte's Connector
Builder and for its runner, the console script of the CDK:

    AIRBYTE_ENABLE_UNSAFE_CODE=true source-declarative-manifest read \
        --manifest-path build/manifest.yaml --components-path build/components.py \
        --config config.json --catalog catalog.json
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "source_segment"
HEADER = "# Made by `make bundle` from manifest.yaml and source_segment/schemas: edit those.\n"


class Dumper(yaml.SafeDumper):
    """Writes every value in full, where the stock dumper writes aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """No aliases at all."""
        return True


def bundle() -> dict[str, Any]:
    """The manifest with the schemas, as Airbyte keeps them: in a `schemas` section at the end."""
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text("utf-8"))
    families = manifest["definitions"]
    for family in families.values():
        if family.get("schema_loader", {}).get("type") == "JsonFileSchemaLoader":
            del family["schema_loader"]
    for name, stream in families["streams"].items():
        schema = {"$ref": f"#/schemas/{name}"}
        stream["schema_loader"] = {"type": "InlineSchemaLoader", "schema": schema}
    manifest["schemas"] = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted((SOURCE / "schemas").glob("*.json"))
    }
    return manifest


def write(folder: Path) -> Path:
    """Write both files into a folder; returns the path of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOURCE / "components.py", folder / "components.py")
    path = folder / "manifest.yaml"
    text = yaml.dump(bundle(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(HEADER + text, "utf-8")
    return path


if __name__ == "__main__":
    made = write(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build")
    print(f"{made} ({made.stat().st_size // 1024} kB), and components.py beside it")
