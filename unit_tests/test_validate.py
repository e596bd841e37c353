"""`make validate` reports each error of a manifest in one line."""

from pathlib import Path

import pytest

from scripts.validate import MANIFEST, main, problems

ERRORS = {  # what is right, what is wrong, and the line that says so
    "CheckStreams: no such component is possible here (in check)": ("type: CheckStream", "type: CheckStreams"),
    "HttpRequester.read_timeout_in_seconds: 'soon' is not of type 'number' "
    "(in audience_activations, audience_destination_connections, audience_references and ": (
        "read_timeout_in_seconds: 60",
        "read_timeout_in_seconds: soon",
    ),
    "ListRouter: no such component is possible here (in function": (
        "type: ListPartitionRouter\n          cursor_field: resourceType",
        "type: ListRouter\n          cursor_field: resourceType",
    ),
    "ParentStreamConfig: 'parent_key' is a required property (in user_groups)": (
        "parent_key: id\n              partition_field: userId",
        "parent: id\n              partition_field: userId",
    ),
}


def test_manifest_is_valid() -> None:
    assert problems(MANIFEST) == []


def test_each_error_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, broken = MANIFEST.read_text(), tmp_path / "manifest.yaml"
    for right, wrong in ERRORS.values():
        assert right in text
        text = text.replace(right, wrong)
    broken.write_text(text)

    assert main(broken) == 1

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(ERRORS)
    for line, beginning in zip(lines, ERRORS, strict=True):
        assert line.startswith(beginning)
