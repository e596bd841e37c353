"""Run Airbyte's standard tests and the contract check against a live workspace: `make live`, see docs/live.md."""

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario

from integration_tests.live.assumptions import ASSUMPTIONS, verdict
from integration_tests.live.client import NotTried
from integration_tests.live.describe import describe
from integration_tests.live.streams import Json, Workspace
from source_segment.source import SourceSegment

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("test_check", "test_discover", "test_basic_read")
READ = ("workspace", "sources", "users", "usage_api_calls_workspace_daily")


def standard_tests(config: Json) -> Json:
    """The results of Airbyte's standard tests, which read a few streams."""
    from airbyte_cdk.test.standard_tests import SourceTestSuiteBase  # needs markers of pytest

    class StandardTests(SourceTestSuiteBase):
        connector = partial(SourceSegment, config=config)

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(tempfile, "tempdir", folder):  # for the config
        catalog = Path(folder, "catalog.json")
        catalog.write_text(json.dumps({"streams": [{"stream": {"name": name}} for name in READ]}))
        sections = ("connection", "discovery", "full_refresh")
        scenario = ConnectorTestScenario(config_dict=config, configured_catalog_path=catalog, sections=sections)
        return {name: tried(getattr(StandardTests(), name), scenario)["result"] for name in TESTS}


def run(config: Json, folder: Path, max_requests: int = 200, slow: bool = False) -> Json:
    """Write report.json; `folder` also keeps hashes of records, for the comparison with a run of another day."""
    path, now = folder / "hashes.json", datetime.now(UTC)
    hours = (time.time() - path.stat().st_mtime) / 3600 if path.exists() else 999
    earlier = json.loads(path.read_text()) if 20 < hours < 240 else {}  # what is older may be out of reach
    report: Json = {"standard_tests": standard_tests(config | {"start_date": f"{now:%Y-%m-01}"})}
    last_month = config | {"start_date": f"{now.replace(day=1) - timedelta(days=1):%Y-%m-01}"}
    workspace = Workspace(last_month, max_requests, slow, earlier)
    last = [n for n, entry in ASSUMPTIONS.items() if "lists" in entry["streams"] or entry.get("of") == "sent"]
    with workspace.client.watching():
        verdicts = {n: tried(verdict, workspace, n) for n in ASSUMPTIONS if n not in last}
        report["streams"] = {name: tried(describe, workspace, name) for name in workspace.streams}
        verdicts |= {n: tried(verdict, workspace, n) for n in last}
    report["assumptions"] = {n: {"text": ASSUMPTIONS[n]["text"], **verdicts[n]} for n in ASSUMPTIONS}
    report["requests"] = len(workspace.client.sent)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    if hours > 20:
        path.write_text(json.dumps(workspace.kept))
    return report


def tried(check: Callable[..., Json | None], *arguments: object) -> Json:
    """The result of a check, or why it has none, without a value of the workspace."""
    try:
        return check(*arguments) or {"result": "passed"}
    except NotTried as reason:
        return {"result": "could not be tried", "seen": str(reason)}
    except (Exception, pytest.skip.Exception) as error:  # a response that is like none that is known
        return {"result": f"failed ({type(error).__name__})", "seen": ""}


def table(report: Json) -> str:
    """The report as text."""
    lines = [f"{name}: {result}" for name, result in report["standard_tests"].items()]
    lines.append(f"\n{'Stream':48}{'Response':14}{'Records':14}{'Page of 1':14}{'Next page':14}Differences")
    for name, entry in report["streams"].items():
        columns = [entry.get(column, "") for column in ("result", "records", "rows_of_a_page_of_one", "next", "seen")]
        noted = ("unknown_fields", "other_types", "empty_key_parts", "repeated_keys")
        notes = "; ".join(f"{column}: {entry[column]}" for column in noted if entry.get(column))
        lines.append(f"{name:48}" + "".join(f"{column!s:14}" for column in columns) + notes)
    lines.append("\nAssumptions")
    lines += [f"{n:3}. {e['result']:19} {e['text']} Seen: {e['seen']}" for n, e in report["assumptions"].items()]
    return "\n".join([*lines, f"\n{report['requests']} requests. The report is build/live/report.json."])


if __name__ == "__main__":
    logging.disable(logging.ERROR)  # of the connector, which may print responses
    os.environ["NETRC"] = os.devnull  # whose passwords would replace the token
    config = {"api_token": os.environ.get("SEGMENT_API_TOKEN"), "region": os.environ.get("SEGMENT_REGION", "us")}
    if not config["api_token"] and (ROOT / "secrets/config.json").exists():
        config = json.loads((ROOT / "secrets/config.json").read_text())
    if not config["api_token"]:
        sys.exit("live: set SEGMENT_API_TOKEN, or write secrets/config.json")
    config.setdefault("api_url", f"https://{'eu1.' * (config.get('region') == 'eu')}api.segmentapis.com")
    options = int(os.environ.get("REQUESTS", "200")), os.environ.get("SLOW") == "1"
    print("\n" + table(run(config, ROOT / "build/live", *options)), flush=True)
    os._exit(0)  # without waiting for the threads of the CDK's rate limits
