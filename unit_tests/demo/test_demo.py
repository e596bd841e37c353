"""The demo as a user runs it, and its report in a real browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

import demo.__main__ as command
from demo import report, workspace
from demo.sync import SyncError, core_streams, sync
from simulator import Simulator

pytestmark = [
    pytest.mark.timeout(300),
    # PyAirbyte stops check and discover once it has the response, and complains how they ended.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

HOSTILE = '<img src=x onerror="hacked=1">', "</script><script>hacked=1</script>", "<b>b</b> &amp;"
MISSING = "the browser is missing (on Debian and Ubuntu: apt install chromium chromium-driver)"
CHARTS = ("calls", "mtu", "sources", "delivery", "map")


@dataclass(frozen=True)
class Run:
    """What a run of the demo printed and wrote, and the simulator that knows the truth."""

    output: str
    database: Path
    simulator: Simulator

    def truth(self, stream: str) -> list[dict[str, Any]]:
        return list(self.simulator.truth(stream, command.a_year_ago()))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo with names that would run, or turn bold, if the report did not escape them."""
    folder, now, model = tmp_path_factory.mktemp("demo"), datetime.now(UTC), workspace.build()
    model.sources[0]["name"], model.destinations[0]["name"] = HOSTILE[:2]
    model.warehouses[0]["settings"]["name"] = model.users[0]["name"] = HOSTILE[2]
    event = {"id": "e", "timestamp": now.strftime("%Y-%m-%dT00:00:00.000Z"), "type": HOSTILE[1]}
    event |= {"actor": "", "actorEmail": model.users[0]["email"], "resourceId": "1"}
    model.extra_audit_events = [event | {"resourceType": "source", "resourceName": HOSTILE[0]}]
    with pytest.MonkeyPatch.context() as patch, (folder / "output").open("w") as output:
        patch.delenv("STREAMS", raising=False)
        patch.setattr(command, "BUILD", folder)
        patch.setattr(command, "Simulator", partial(Simulator, now=now))
        patch.setattr(workspace, "build", lambda: model)
        with redirect_stdout(output):
            command.main([])
    database = folder / "demo" / "segment.duckdb"
    return Run((folder / "output").read_text(), database, Simulator(workspace=model, now=now))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        (pytest.fail if "CI" in os.environ else pytest.skip)(MISSING)
    options = ChromeOptions()
    options.binary_location = binary
    profile = f"user-data-dir={tmp_path_factory.mktemp('browser')}"
    for argument in ("headless", "no-sandbox", "disable-background-networking", profile):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


def open_page(browser: Chrome, page: Path, width: int = 1400, theme: str = "light") -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    preference = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [preference]})
    browser.get(page.as_uri())
    loaded = "return document.readyState == 'complete' && location.href == arguments[0]"
    WebDriverWait(browser, 20).until(lambda b: b.execute_script(loaded, page.as_uri()))


def texts(browser: Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    return list(browser.execute_script(script, selector))


@pytest.mark.slow
def test_demo_prints_what_it_read(run: Run) -> None:
    lines = [line.split() for line in run.output.splitlines()]
    with duckdb.connect(str(run.database), read_only=True) as db:
        for stream in core_streams():
            count = len(run.truth(stream))
            assert db.sql(f'SELECT count(*) FROM "{stream}"').fetchall() == [(count,)], stream
            assert [line for line in lines if line[:3] == [stream, *[f"{count:,}"] * 2]], stream
    page = run.database.with_name("report.html")
    assert {str(run.database), str(page)} <= {line[-1] for line in lines if line}
    assert str(run.truth("usage_api_calls_workspace_daily")[-1]["apiCalls"]) in run.output
    files = {path.name for path in run.database.parent.iterdir() if path.is_file()}
    assert files == {"report.html", "segment.duckdb"}


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1400, "light")])
def test_report_fits_and_can_be_read(browser: Chrome, run: Run, width: int, theme: str) -> None:
    open_page(browser, run.database.with_name("report.html"), width, theme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    outside = """return [...document.querySelectorAll('section, .tiles li, .main-svg, text, td')]
        .filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML)"""
    assert browser.execute_script(outside) == []
    colours = """const style = selector => getComputedStyle(document.querySelector(selector))
        return [style('section').backgroundColor, ...['h2', 'p', 'td'].map(s => style(s).color),
            ...['#map text', '#sources text', '#calls .xtick text'].map(s => style(s).fill)]"""
    card, *inks = map(luminance, browser.execute_script(colours))
    assert (card < 0.2) == (theme == "dark")
    for ink in inks:
        assert (max(card, ink) + 0.05) / (min(card, ink) + 0.05) > 4.5


def luminance(colour: str) -> float:
    """The relative luminance of `rgb(r, g, b)`, 0 to 1, as WCAG defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.slow
def test_report_draws_every_row_and_escapes_names(browser: Chrome, run: Run) -> None:
    page = run.database.with_name("report.html")
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)  # type: ignore[no-untyped-call]
    open_page(browser, page)
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    events = browser.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in events]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    urls = [params["request"]["url"] for params in sent]
    assert [url for url in urls if not url.startswith("data:")] == [page.as_uri()]

    months = len({row["period"] for row in run.truth("usage_api_calls_workspace_daily")})
    kinds = ("destinations", "warehouses")
    links = [(k, r["id"]) for k in kinds for r in run.truth(f"source_connected_{k}")]
    summaries = run.truth("destination_delivery_metrics_summary")
    drawn = {
        "#calls .bars path": months,
        "#mtu .bars path": months,
        "#sources .bars .point": 2 * len(run.truth("sources")),
        "#delivery .bars .point": 3 * len({r["destinationId"] for r in summaries if r["metrics"]}),
        "#map .sankey-link": len(links),
        "tbody tr": report.MOST_EVENTS,
        ".tiles b": 6,
        "main img, main section script[src]": 0,
    }
    assert {selector: len(texts(browser, selector)) for selector in drawn} == drawn
    assert browser.execute_script("return typeof hacked") == "undefined"
    shown = texts(browser, "text, td")
    for name in HOSTILE:
        assert any(text.startswith(name[:15]) for text in shown), name


@pytest.mark.slow
def test_report_of_an_empty_workspace_says_so(browser: Chrome, run: Run, tmp_path: Path) -> None:
    empty = Path(shutil.copyfile(run.database, tmp_path / "segment.duckdb"))
    with duckdb.connect(str(empty)) as db:
        for stream in core_streams():
            db.execute(f'DELETE FROM "{stream}"')
    open_page(browser, report.write(empty, tmp_path / "report.html"))
    assert len(texts(browser, ".empty")) == len(CHARTS)
    assert texts(browser, ".js-plotly-plot") == []
    assert "No audit events" in texts(browser, "tbody td")[0]


@pytest.mark.slow
@pytest.mark.usefixtures("airbyte")
def test_refused_token_leaves_the_database_alone(tmp_path: Path) -> None:
    database = tmp_path / "segment.duckdb"
    database.write_bytes(b"as it was")
    config = {"api_token": "sgp_unknown_token", "start_date": "2024-01-01"}
    with Simulator(size="tiny") as simulator, pytest.raises(SyncError) as raised:
        sync(config | {"api_url": simulator.url}, database)
    assert "token" in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert database.read_bytes() == b"as it was"


@pytest.mark.parametrize(
    ("arguments", "streams", "message"),
    [
        (["--help"], "all", "0"),
        (["--real"], "", "Set SEGMENT_API_TOKEN"),
        ([], "some", "STREAMS is 'some'"),
    ],
)
def test_help_and_wrong_settings_do_nothing_else(
    arguments: list[str], streams: str, message: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(command, "BUILD", tmp_path)
    monkeypatch.setenv("STREAMS", streams)
    monkeypatch.delenv("SEGMENT_API_TOKEN", raising=False)
    with pytest.raises(SystemExit, match=message):
        command.main(arguments)
    assert ("SEGMENT_START_DATE" in capsys.readouterr().out) == (arguments == ["--help"])
    assert list(tmp_path.iterdir()) == []


def test_real_sync_takes_its_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("API_TOKEN", "START_DATE", "REGION"):
        monkeypatch.delenv(f"SEGMENT_{name}", raising=False)
    monkeypatch.setenv("SEGMENT_API_TOKEN", "sgp_abc")
    default = {"api_token": "sgp_abc", "start_date": command.a_year_ago(), "region": "us"}
    assert command.real_config() == default
    monkeypatch.setenv("SEGMENT_START_DATE", "2026-02-03")
    monkeypatch.setenv("SEGMENT_REGION", "eu")
    assert command.real_config() == default | {"start_date": "2026-02-03", "region": "eu"}
