"""The console script: exit codes, and files that it cannot read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from source_segment.run import main
from unit_tests.connector import Connector, Output, captured, configured

Connect = Callable[..., Connector]


def test_unknown_command_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["write"])

    assert "invalid choice: 'write'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [None, b'{"api_token": "sgp_half-a-token", ', b"", b'"text"', b'{"api_token": "\xff"}']
)
@pytest.mark.parametrize("name", ["config", "catalog", "state"])
def test_unreadable_file_is_one_error(connect: Connect, tmp_path: Path, name: str, content: bytes | None) -> None:
    connector = connect()
    files = {"config": json.dumps(connector.config), "catalog": json.dumps(configured(["users"])), "state": "[]"}
    arguments = ["read"]
    for file, text in files.items():
        path = tmp_path / f"the {file}.json"
        arguments += [f"--{file}", str(path)]
        if file != name:
            path.write_text(text)
        elif content is not None:
            path.write_bytes(content)

    code, text = captured(arguments, connector.now)
    [error] = Output(code, text).errors

    assert code == 1
    assert content not in (None, b"") or str(tmp_path / f"the {name}.json") in error["message"]
    assert "sgp_half-a-token" not in error["message"]
    assert connector.sim.requests == []
