"""Airbyte's QA checks that need no network: connectors_qa and the validators of the metadata service.

Airbyte also demands Poetry, no Dockerfile, and no manifest.yaml beside a package. This repository has lock files with
hashes that any installer reads, builds its own image, and ships the manifest in the package.
"""

import re
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import ConnectorMetadataDefinitionV0
from markdown_it import MarkdownIt
from packaging.version import Version

from scripts import catalog
from scripts.catalog import ROOT

DOCS = ROOT / "docs" / "integrations" / "sources"
METADATA = yaml.safe_load((ROOT / "metadata.yaml").read_text())
DATA: dict[str, Any] = METADATA["data"]
NAME, VERSION, CHANGES = DATA["name"], DATA["dockerImageTag"], DATA["releases"]["breakingChanges"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LAST_PUBLISHED = "0.0.64"
# Airbyte's template of the page: the headings in order ("?" may be left out, "*" is any headings of one's own), and the
# text that a section starts with.
HEADINGS = (
    f"{NAME}|Prerequisites|Setup guide|Set up {NAME}|?For Airbyte Cloud:|?For Airbyte Open Source:|*|"
    f"?Set up the {NAME} connector in Airbyte|?For Airbyte Cloud:|?For Airbyte Open Source:|*|"
    "Supported sync modes|Supported Streams|*|?Performance considerations|?Data type map|"
    "?Limitations & Troubleshooting|*|?Tutorials|Changelog"
).split("|")
TEXTS = {
    NAME: "\n<HideInUI>\n\nThis page contains the setup guide and reference information for the "
    f"[{NAME}](https://docs.segmentapis.com) source connector.\n\n</HideInUI>\n\n",
    "For Airbyte Cloud:": "\n1. [Log into your Airbyte Cloud](https://cloud.airbyte.com/workspaces) account.\n"
    "2. Click Sources and then click + New source.\n"
    f"3. On the Set up the source page, select {NAME} from the Source type dropdown.\n"
    f"4. Enter a name for the {NAME} connector.\n",
    "For Airbyte Open Source:": "\n1. Navigate to the Airbyte Open Source dashboard.\n",
    "Supported sync modes": f"\nThe {NAME} source connector supports the following "
    "[sync modes](https://docs.airbyte.com/cloud/core-concepts/#connection-sync-modes):\n\n",
    "Changelog": "\n<details>\n  <summary>Expand to review</summary>\n\n",
}


def sections(page: Path) -> list[tuple[str, str]]:
    """The headings of a page, each with the text up to the next heading."""
    lines = page.read_text().splitlines(keepends=True)
    tokens = MarkdownIt("commonmark").parse("".join(lines))
    found = [
        (token.map, text.content) for token, text in pairwise(tokens) if token.type == "heading_open" and token.map
    ]
    ends = [place[0] for place, _ in found[1:]] + [len(lines)]
    return [(name, "".join(lines[place[1] : end])) for (place, name), end in zip(found, ends, strict=True)]


SECTIONS = sections(DOCS / "segment.md")


def changelog() -> list[list[str]]:
    """The rows of the changelog: version, date, pull request, subject."""
    table = [line for line in dict(SECTIONS)["Changelog"].splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert head == ["Version", "Date", "Pull Request", "Subject"]
    return rows


def test_metadata_fits_the_registry() -> None:
    ConnectorMetadataDefinitionV0.model_validate(METADATA)
    assert {"language:python", "cdk:low-code"} <= set(DATA["tags"])
    assert all(re.fullmatch(r"[a-z]+:[a-z-]+", tag) for tag in DATA["tags"])
    assert {"suite": "acceptanceTests"} in DATA["connectorTestSuitesOptions"]
    assert "rolloutConfiguration" not in DATA["releases"]
    assert DATA["maxSecondsBetweenMessages"] > 60


def test_suggested_streams_exist() -> None:
    names = DATA["suggestedStreams"]["streams"]
    assert names == sorted(set(names) & catalog.streams().keys())


def test_allowed_hosts_are_those_of_the_manifest() -> None:
    url = catalog.manifest()["definitions"]["requester"]["url_base"]
    assert sorted(DATA["allowedHosts"]["hosts"]) == sorted(re.findall(r"https://([\w.]+)", url))


def test_breaking_changes_are_announced() -> None:
    assert f"{Version(VERSION).major}.0.0" in CHANGES
    released = {version: date.fromisoformat(day) for version, day, *_ in changelog()}
    for version, change in CHANGES.items():
        page = f"{DATA['documentationUrl']}-migrations#upgrading-to-{version.replace('.', '')}"
        assert change["migrationDocumentationUrl"] == page
        assert date.fromisoformat(change["upgradeDeadline"]) >= released[version] + timedelta(days=7)
    headings = [name for name, _ in sections(DOCS / "segment-migrations.md")]
    assert headings[0] == f"{NAME} Migration Guide"
    newest_first = sorted(CHANGES, key=Version, reverse=True)
    assert [name for name in headings if name.startswith("Upgrading")] == [f"Upgrading to {v}" for v in newest_first]


def test_name_version_and_license_are_the_same_everywhere() -> None:
    project = PYPROJECT["project"]
    assert (project["version"], project["license"]) == (VERSION, {"text": DATA["license"]})
    assert DATA["license"] in {"MIT", "ELv2"}
    assert (ROOT / "LICENSE").read_text().startswith(f"{DATA['license']} License")
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", VERSION)
    assert Version(VERSION) > Version(LAST_PUBLISHED)
    assert DATA["remoteRegistries"]["pypi"] == {"enabled": True, "packageName": project["name"]}


def test_image_is_built_on_airbytes_and_from_tested_versions() -> None:
    image = DATA["connectorBuildOptions"]["baseImage"]
    assert re.fullmatch(r"docker\.io/airbyte/python-connector-base:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", image)
    assert f"ARG BASE_IMAGE={image}\n" in (ROOT / "Dockerfile").read_text()
    tested, shipped = (
        set(re.findall(r"^[\w.-]+==[\w.]+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-image.lock")
    )
    assert shipped
    assert shipped < tested


def test_icon_is_a_square_svg() -> None:
    icon = ET.parse(ROOT / DATA["icon"]).getroot()
    assert icon.tag == "{http://www.w3.org/2000/svg}svg"
    assert icon.get("width") == icon.get("height") is not None
    assert re.fullmatch(r"0 0 (\d+) \1", icon.get("viewBox", ""))


def test_nothing_but_tests_uses_http() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    files = [ROOT / name for name in listed if not {"unit_tests", "integration_tests"} & set(Path(name).parts)]
    for file in files:
        if file.is_file() and file.suffix != ".svg":
            for line in file.read_text(errors="ignore").splitlines():
                plain = re.sub(r"http://(json-schema\.org|localhost)", "", line.lower())
                assert "http://" not in plain or "# ignore-https-check" in line, (file, line)


def test_page_has_airbytes_headings_in_order() -> None:
    own = {line.removeprefix("?") for line in HEADINGS}
    headings = "".join(f"{name if name in own else '*'}\n" for name, _ in SECTIONS)
    pattern = ""
    for line in HEADINGS:
        name = re.escape(line.removeprefix("?"))
        pattern += r"(\*\n)*" if line == "*" else f"({name}\n)" + "?" * line.startswith("?")
    assert re.fullmatch(pattern, headings), headings


@pytest.mark.parametrize("heading", TEXTS)
def test_section_starts_with_airbytes_text(heading: str) -> None:
    assert any(text.startswith(TEXTS[heading]) for name, text in SECTIONS if name == heading)


def test_prerequisites_name_each_required_option() -> None:
    spec = catalog.manifest()["spec"]["connection_specification"]
    text = dict(SECTIONS)["Prerequisites"].lower()
    assert all(spec["properties"][name]["title"].lower() in text for name in spec["required"])


def test_changelog_starts_with_the_version() -> None:
    versions = [Version(row[0]) for row in changelog()]
    assert versions == sorted(versions, reverse=True)
    assert str(versions[0]) == VERSION
    assert all(date.fromisoformat(row[1]) and all(row) for row in changelog())
