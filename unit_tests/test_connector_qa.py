"""Airbyte's QA checks that need no network, as strict as for a certified connector.

The rules are those of airbyte-ci/connectors/connectors_qa and of the metadata service's validators
in Airbyte's repository. Checks that ask a registry or a web server are left out: the base image's
digest, links, and whether the version was published before.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import (
    ConnectorMetadataDefinitionV0,
)
from markdown_it import MarkdownIt
from packaging.version import Version

from source_segment.components import HOSTS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/integrations/sources/segment.md"
GUIDE = ROOT / "docs/integrations/sources/segment-migrations.md"
METADATA = yaml.safe_load((ROOT / "metadata.yaml").read_text())
DATA: dict[str, Any] = METADATA["data"]
NAME, VERSION = DATA["name"], DATA["dockerImageTag"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
LAST_PUBLISHED = "0.0.64"

# What an Airbyte check demands, why this repository does not, and that it still does not.
DEVIATIONS: dict[str, tuple[str, Callable[[], bool]]] = {
    "Connectors must use Poetry for dependency management": (
        "requirements.lock pins every package by hash, for any installer, without addresses",
        lambda: not (ROOT / "poetry.lock").exists() and "poetry" not in PYPROJECT["tool"],
    ),
    "License and version stand in [tool.poetry] of pyproject.toml": (
        "they stand in the standard table [project], where the tests below compare them",
        lambda: {"license", "version"} <= PROJECT.keys(),
    ),
    "Python connectors must not use a Dockerfile": (
        "outside Airbyte's repository nothing else builds the image",
        lambda: (ROOT / "Dockerfile").exists(),
    ),
    "A manifest.yaml at the root makes a connector manifest-only": (
        "it lies there for the reader and is shipped beside the modules, so we are language:python",
        lambda: (
            (ROOT / "manifest.yaml").exists()
            and not (ROOT / "source_segment/manifest.yaml").exists()
        ),
    ),
}


@pytest.mark.parametrize("check", DEVIATIONS)
def test_a_deviation_is_still_one(check: str) -> None:
    reason, deviates = DEVIATIONS[check]
    assert deviates(), f"{check}: passes now; the reason no longer holds: {reason}"


# Metadata


def test_metadata_fits_the_registry_schema() -> None:
    ConnectorMetadataDefinitionV0.model_validate(METADATA)


def test_tags_are_pairs_and_match_the_files() -> None:
    assert all(re.fullmatch(r"[a-z]+:[a-z-]+", tag) for tag in DATA["tags"])
    languages = [tag for tag in DATA["tags"] if tag.startswith("language:")]
    cdks = [tag for tag in DATA["tags"] if tag.startswith("cdk:")]
    assert (languages, (ROOT / "pyproject.toml").exists()) == (["language:python"], True)
    assert (cdks, (ROOT / "manifest.yaml").exists()) == (["cdk:low-code"], True)
    included = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["manifest.yaml"] == "source_segment/manifest.yaml"


def test_the_major_version_announces_its_breaking_changes() -> None:
    changes = DATA["releases"]["breakingChanges"]
    assert f"{Version(VERSION).major}.0.0" in changes
    for version, change in changes.items():
        anchor = "#upgrading-to-" + version.replace(".", "")
        assert (
            change["migrationDocumentationUrl"] == f"{DATA['documentationUrl']}-migrations{anchor}"
        )


def test_the_deadline_of_breaking_changes_is_a_week_after_the_release() -> None:
    # Airbyte counts from the day of the check; the changelog's day keeps this test from expiring.
    released = {version: day for version, day, *_ in _changelog()}
    for version, change in DATA["releases"]["breakingChanges"].items():
        deadline = date.fromisoformat(change["upgradeDeadline"])
        assert deadline >= date.fromisoformat(released[version]) + timedelta(days=7)


def test_no_release_candidate_rollout() -> None:
    assert "-rc" not in VERSION
    assert "rolloutConfiguration" not in DATA["releases"]


def test_the_heartbeat_is_declared() -> None:
    assert DATA["maxSecondsBetweenMessages"] > 60


def test_the_allowed_hosts_are_the_bare_names_that_the_connector_asks() -> None:
    assert DATA["allowedHosts"]["hosts"] == [urlsplit(host).hostname for host in HOSTS.values()]


def test_suggested_streams_exist() -> None:
    names = DATA["suggestedStreams"]["streams"]
    assert names == sorted(set(names))
    streams = {file.stem for file in (ROOT / "source_segment/schemas").glob("*.json")}
    assert set(names) <= streams


def test_acceptance_tests_are_declared() -> None:
    assert {"suite": "acceptanceTests"} in DATA["connectorTestSuitesOptions"]
    assert (ROOT / "acceptance-test-config.yml").exists()


# Packaging


def test_the_license_is_allowed_and_the_same_everywhere() -> None:
    assert DATA["license"] in {"MIT", "ELv2"}
    assert PROJECT["license"] in (DATA["license"], {"text": DATA["license"]})
    assert (ROOT / "LICENSE").read_text().startswith(f"{DATA['license']} License")


def test_the_version_is_semantic_higher_than_published_and_the_same_everywhere() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", VERSION)
    assert Version(VERSION) > Version(LAST_PUBLISHED)
    assert PROJECT["version"] == VERSION


def test_the_package_is_published_under_its_name() -> None:
    assert DATA["remoteRegistries"]["pypi"] == {"enabled": True, "packageName": PROJECT["name"]}
    assert not (ROOT / "setup.py").exists()


def test_the_base_image_is_airbytes_pinned_and_the_same_everywhere() -> None:
    image = DATA["connectorBuildOptions"]["baseImage"]
    assert re.fullmatch(
        r"docker\.io/airbyte/python-connector-base:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", image
    )
    assert f"ARG BASE_IMAGE={image}\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("lock", ["requirements-runtime.lock", "requirements-build.lock"])
def test_the_image_is_built_from_tested_versions(lock: str) -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[\w.]+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins(lock)
    assert pins(lock) <= pins("requirements.lock")


# Assets and security


def test_the_icon_is_a_square_svg() -> None:
    assert DATA["icon"] == "icon.svg"
    icon = ET.parse(ROOT / "icon.svg").getroot()
    assert icon.tag == "{http://www.w3.org/2000/svg}svg"
    assert icon.get("width") == icon.get("height") is not None
    assert re.fullmatch(r"0 0 (\d+) \1", icon.get("viewBox", ""))
    assert "#e8e8ed" not in (ROOT / "icon.svg").read_text()  # the grey of Airbyte's default icon


def test_only_https_outside_tests() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    tests = {"unit_tests", "integration_tests"}
    files = [ROOT / name for name in listed if not tests & set(Path(name).parts)]
    lines = [
        (file.relative_to(ROOT), line)
        for file in files
        if file.is_file() and file.suffix not in {".svg", ".gz", ".jsonl"}
        for line in file.read_text(errors="ignore").splitlines()
    ]
    assert len(lines) > 1000
    exempt = re.compile(r"http://(json-schema\.org|localhost)")
    assert [
        (file, line)
        for file, line in lines
        if "http://" in exempt.sub("", line.lower())
        and "# ignore-https-check" not in line
        and not (file.suffix in {".py", ".yml", ".yaml"} and line.lstrip().startswith("#"))
    ] == []


# Documentation

# Airbyte's template of a source's page: "?" may be left out, "*" is any headings of our own.
HEADINGS = f"""
{NAME}
Prerequisites
Setup guide
Set up {NAME}
?For Airbyte Cloud:
?For Airbyte Open Source:
*
?Set up the {NAME} connector in Airbyte
?For Airbyte Cloud:
?For Airbyte Open Source:
*
Supported sync modes
Supported Streams
*
?Performance considerations
?Data type map
?Limitations & Troubleshooting
*
?Tutorials
Changelog
"""
# The text with which a section must start; a link that reads {docs_link} may be any.
TEXTS = {
    NAME: f"""
<HideInUI>

This page contains the setup guide and reference information for the \
[{NAME}]({{docs_link}}) source connector.

</HideInUI>

""",
    "For Airbyte Cloud:": f"""
1. [Log into your Airbyte Cloud](https://cloud.airbyte.com/workspaces) account.
2. Click Sources and then click + New source.
3. On the Set up the source page, select {NAME} from the Source type dropdown.
4. Enter a name for the {NAME} connector.
""",
    "For Airbyte Open Source:": """
1. Navigate to the Airbyte Open Source dashboard.
""",
    "Supported sync modes": f"""
The {NAME} source connector supports the following \
[sync modes](https://docs.airbyte.com/cloud/core-concepts/#connection-sync-modes):

""",
    "Changelog": """
<details>
  <summary>Expand to review</summary>

""",
}


def test_the_page_has_airbytes_headings_in_order() -> None:
    template = HEADINGS.split("\n")[1:-1]
    known = {line.removeprefix("?") for line in template} - {"*"}
    pattern = "".join(_pattern(line) for line in template)
    headings = [heading if heading in known else "*" for heading, _ in _sections(PAGE)]
    assert re.fullmatch(pattern, "".join(f"{heading}\n" for heading in headings)), headings


@pytest.mark.parametrize("heading", TEXTS)
def test_a_section_of_the_page_starts_with_its_fixed_text(heading: str) -> None:
    # A heading that Airbyte's template has twice needs the text under one of them.
    starts = [text for name, text in _sections(PAGE) if name == heading]
    if "{docs_link}" in TEXTS[heading]:
        starts = [re.sub(r"https?://[^\s)]+", "{docs_link}", text) for text in starts]
    assert any(text.startswith(TEXTS[heading]) for text in starts), starts


def test_tutorials_if_any_start_with_their_fixed_text() -> None:
    fixed = (
        f"\nNow that you have set up the {NAME} source connector, "
        f"check out the following {NAME} tutorials:\n\n"
    )
    sections = _sections(PAGE)
    assert all(text.startswith(fixed) for name, text in sections if name == "Tutorials")


def test_the_prerequisites_name_every_required_setting() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    spec = manifest["spec"]["connection_specification"]
    [text] = [text.lower() for name, text in _sections(PAGE) if name == "Prerequisites"]
    titles = [spec["properties"][field]["title"] for field in spec["required"]]
    assert titles
    assert [title for title in titles if title.lower() not in text] == []
    assert any(word in text for word in ("account", "auth", "credentials", "access", "client"))


def test_the_changelog_has_a_row_for_the_version_and_the_newest_first() -> None:
    rows = _changelog()
    assert rows[0][0] == VERSION
    assert all(Version(newer[0]) > Version(older[0]) for newer, older in pairwise(rows))
    for _, day, request, subject in rows:
        assert date.fromisoformat(day)
        assert request
        assert subject


def test_the_migration_guide_has_a_section_for_each_breaking_version() -> None:
    versions = sorted(DATA["releases"]["breakingChanges"], key=Version, reverse=True)
    lines = GUIDE.read_text().splitlines()
    assert lines[0] == f"# {NAME} Migration Guide"
    prefix = "## Upgrading to "
    found = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    assert found == versions


def _pattern(line: str) -> str:
    """Return the regular expression of a line of `HEADINGS`."""
    if line == "*":
        return r"(\*\n)*"
    name = re.escape(line.removeprefix("?")) + "\n"
    return f"({name})?" if line.startswith("?") else name


def _sections(page: Path) -> list[tuple[str, str]]:
    """Return the headings of a page, each with the text up to the next heading."""
    lines = page.read_text().splitlines(keepends=True)
    tokens = MarkdownIt("commonmark").parse("".join(lines))
    found = [
        (token.map, text.content)
        for token, text in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    ends = [place[0] for place, _ in found[1:]] + [len(lines)]
    return [
        (name, "".join(lines[place[1] : end]))
        for (place, name), end in zip(found, ends, strict=True)
    ]


def _changelog() -> list[list[str]]:
    """Return the cells of the changelog's rows: version, date, pull request, subject."""
    [text] = [text for name, text in _sections(PAGE) if name == "Changelog"]
    table = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert rows[0] == ["Version", "Date", "Pull Request", "Subject"]
    assert text.rstrip().endswith("</details>")
    return rows[2:]
