"""The report in a real browser: drawn, readable, contained, and deaf to hostile names."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from demo import report
from unit_tests.demo.conftest import HOSTILE, STOPPED, Synced

pytestmark = STOPPED

MISSING = "the browser is missing (on Debian and Ubuntu: apt install chromium chromium-driver)"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHARTS = ("calls", "mtu", "sources", "delivery", "map")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        if "CI" in os.environ:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    options = ChromeOptions()
    options.binary_location = binary
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def page(synced: Synced, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.write(synced.database, tmp_path_factory.mktemp("report") / "report.html")


def open_page(browser: Chrome, page: Path, width: int = 1400, theme: str = "light") -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    preference = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [preference]})
    browser.get(page.as_uri())


def logged(browser: Chrome, log: str) -> list[dict[str, Any]]:
    """What was logged since the last call."""
    return list(browser.get_log(log))  # type: ignore[no-untyped-call]


def count(browser: Chrome, selector: str) -> int:
    return int(
        browser.execute_script("return document.querySelectorAll(arguments[0]).length", selector)
    )


def texts(browser: Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    return list(browser.execute_script(script, selector))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_fits_and_can_be_read(browser: Chrome, page: Path, width: int, theme: str) -> None:
    open_page(browser, page, width, theme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    outside = """
        return [...document.querySelectorAll('section, .tiles li, .main-svg, text, td')]
            .filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML)"""
    assert browser.execute_script(outside) == []
    colours = """
        const style = selector => getComputedStyle(document.querySelector(selector))
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


def test_draws_every_row(browser: Chrome, page: Path, synced: Synced) -> None:
    open_page(browser, page)
    months = len({row["period"] for row in synced.truth("usage_api_calls_workspace_daily")})
    sources = len(synced.truth("sources"))
    assert count(browser, "#calls .bars path") == count(browser, "#mtu .bars path") == months
    assert count(browser, "#sources .bars .point") == 2 * sources
    with_metrics = {
        row["destinationId"]
        for row in synced.truth("destination_delivery_metrics_summary")
        if row["metrics"]
    }
    assert count(browser, "#delivery .bars .point") == 3 * len(with_metrics)
    links = [
        (row["sourceId"], kind, row["id"])
        for kind in ("destinations", "warehouses")
        for row in synced.truth(f"source_connected_{kind}")
    ]
    nodes = {source for source, _, _ in links} | {(kind, target) for _, kind, target in links}
    assert count(browser, "#map .sankey-link") == len(links)
    assert count(browser, "#map .sankey-node") == len(nodes)
    assert count(browser, "tbody tr") == report.MOST_EVENTS
    assert len(texts(browser, ".tiles b")) == 6


def test_says_nothing_and_asks_nobody(browser: Chrome, page: Path) -> None:
    browser.get("about:blank")
    logged(browser, "browser")
    logged(browser, "performance")
    open_page(browser, page)
    assert logged(browser, "browser") == []
    asked = [
        event["params"]["request"]["url"]
        for entry in logged(browser, "performance")
        if (event := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]


def test_shows_hostile_names_as_they_are(browser: Chrome, page: Path) -> None:
    open_page(browser, page)
    assert browser.execute_script("return typeof hacked") == "undefined"
    shown = texts(browser, "text, td")
    for name in HOSTILE:
        assert any(text.startswith(name[:15]) for text in shown), name
    assert count(browser, "main img") == count(browser, "main section script[src]") == 0


def test_tells_where_there_is_nothing(browser: Chrome, synced: Synced, tmp_path: Path) -> None:
    empty = Path(shutil.copyfile(synced.database, tmp_path / "segment.duckdb"))
    with duckdb.connect(empty) as db:
        tables: list[Any] = db.sql("SELECT table_name FROM duckdb_tables()").fetchall()
        for (table,) in tables:
            db.execute(f'DELETE FROM "{table}"')
    open_page(browser, report.write(empty, tmp_path / "report.html"))
    assert count(browser, ".empty") == len(CHARTS)
    assert count(browser, ".js-plotly-plot") == 0
    assert "No audit events" in texts(browser, "tbody td")[0]
