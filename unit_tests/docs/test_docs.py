"""The documentation says what is so: generated parts, options, links, commands, names, numbers."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from scripts import catalog, docs, drift
from scripts.catalog import ROOT, streams
from source_segment import components

STREAMS = streams()
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "BEHAVIOR.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in PAGES}
ALL = "\n".join(TEXTS.values())
SEGMENT = TEXTS["docs/integrations/sources/segment.md"]
SPEC: dict[str, Any] = catalog.manifest()["spec"]["connection_specification"]
METADATA: dict[str, Any] = yaml.safe_load((ROOT / "metadata.yaml").read_text())["data"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


# Generated parts


@pytest.mark.parametrize(
    ("page", "part"), [(p, b) for p, blocks in docs.BLOCKS.items() for b in blocks]
)
def test_a_generated_part_is_current(page: str, part: str) -> None:
    made = docs.BLOCKS[page][part]
    text = TEXTS[page].partition(f"<!-- begin generated: {part} -->")[2]
    written = text.partition(f"<!-- end generated: {part} -->")[0].strip()
    if part == "times":  # the large workspace takes most of a minute: `make docs` does it
        rows = [row for size in ("small", "medium") for row in docs.time_rows(size)]
        for row in rows:
            assert f"| {' | '.join(row)} |" in written, "run `make docs`"
        assert written.count("\n| large |") == len(rows) / 2
    else:
        assert written == made(), "run `make docs`"


def test_each_generated_part_of_a_page_is_made() -> None:
    marked = {page: sorted(docs.parts(page)) for page in TEXTS if docs.parts(page)}
    assert marked == {page: sorted(blocks) for page, blocks in docs.BLOCKS.items()}


def test_each_stream_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `/", SEGMENT, re.MULTILINE)
    assert rows == list(STREAMS)


def test_each_remark_is_about_a_stream() -> None:
    assert docs.REMARKS.keys() <= STREAMS.keys()


def test_the_options_are_those_of_the_spec() -> None:
    table = SEGMENT.partition("### Options")[2].partition("end generated")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    assert {row[0].strip("| `") for row in rows} == SPEC["properties"].keys()
    for option, title, _values, default, meaning in rows:
        entry = SPEC["properties"][option.strip("| `")]
        assert title == entry["title"]
        assert meaning.startswith(entry["description"])
        if "default" in entry:
            assert default.strip("`") == json.dumps(entry["default"]).strip('"')


def test_what_is_marked_is_not_suggested() -> None:
    marked = [n for n, text in docs.REMARKS.items() if re.search("Live check|audit event", text)]
    assert {"warehouse_connection_states", "profiles_warehouses"} <= set(marked)
    for name in [*marked, "suppressions", "space_traits"]:
        assert not STREAMS[name].suggested


def test_what_no_stream_reads_is_named() -> None:
    facts = json.loads((drift.FACTS / "endpoints.json").read_text())["endpoints"]
    read = {stream.operation for stream in STREAMS.values()}
    for fact in facts:
        if fact["operation_id"] not in read and not fact["operation_id"].startswith("get"):
            assert f"| `{fact['path']}` |" in SEGMENT


# Links, commands, files


def links() -> Iterator[tuple[str, str]]:
    for page, text in TEXTS.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not target.startswith("https://"):
                yield page, target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_a_link_leads_to_a_file_and_a_heading(page: str, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = (ROOT / page).parent / name if name else ROOT / page
    assert file.exists(), f"{page} links to {target}"
    if anchor:
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
        slugs = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
        assert anchor in slugs


def test_each_page_is_listed() -> None:
    index = TEXTS["docs/README.md"]
    listed = {(ROOT / "docs" / t).resolve() for t in re.findall(r"\]\(([^)#]+)\)", index)}
    assert {path for path in PAGES if path != ROOT / "docs" / "README.md"} <= listed


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(" ".join(re.findall(r"^([a-z -]+):.*##", makefile, re.MULTILINE)).split())
    named = set(re.findall(r"(?:^|[`=. ])make ([a-z-]+)(?=[`\n ])", code(ALL), re.MULTILINE))
    assert {"demo", "sync", "test", "docs", "erd", "drift"} <= named <= targets


def test_the_commands_of_the_connector_exist() -> None:
    named = set(re.findall(r"^(?:docker run .*:dev|source-segment) (\w+)", ALL, re.MULTILINE))
    assert named == {"spec", "check", "discover", "read"}


def test_the_variables_are_those_that_the_demo_reads() -> None:
    read = "\n".join(file.read_text() for file in (ROOT / "demo").glob("*.py"))
    named = set(re.findall(r"\b(SEGMENT_[A-Z_]+|STREAMS)=", TEXTS["README.md"]))
    named |= set(re.findall(r"`(SEGMENT_[A-Z_]+)`", TEXTS["README.md"]))
    assert named == {"SEGMENT_API_TOKEN", "SEGMENT_REGION", "SEGMENT_START_DATE", "STREAMS"}
    assert all(f'"{name}"' in read for name in named)


def test_the_files_exist() -> None:
    tops = "scripts|simulator|source_segment|unit_tests|integration_tests|demo|docs|erd|\\.github"
    named = set(re.findall(rf"(?<=`)(?:{tops})/[\w./-]*(?=`)", ALL)) - {
        "source_segment/schemas/warehouse_source_syncs.json"  # which the recipe makes
    }
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_snippets_are_python_json_and_yaml() -> None:
    snippets = re.findall(r"```(python|json|yaml)\n(.*?)```", ALL, re.DOTALL)
    assert len(snippets) > 5
    for kind, text in snippets:
        if kind == "python" and not text.startswith("    E("):
            ast.parse(text if not text.startswith("    ") else f"_ = (\n{text})")
        elif kind == "json":
            json.loads(text)
        elif kind == "yaml":
            yaml.safe_load(text)


# Names and messages


def test_names_in_the_text_are_known() -> None:
    known = {*STREAMS, *SPEC["properties"], *catalog.families()}
    for stream in STREAMS.values():
        known |= set(re.findall(r'"(\w+)":', json.dumps(stream.schema)))
    old = {"usage_api_calls_daily", "usage_mtu_daily"}  # of 0.0.64
    code = {
        "json_each",
        "local_executable",
        "page_size",
        "pip_url",
        "schema_name",
        "start_time",
        "end_time",
    }
    recipe = {"warehouse_source_syncs"}
    for page, text in TEXTS.items():
        named = set(re.findall(r"`(?!test_|\w+_error`)([a-z]+(?:_[a-z]+)+)`", text))
        assert named <= known | old | code | recipe, page


def test_quoted_messages_are_those_of_the_connector() -> None:
    said = "\n".join(literals())
    table = SEGMENT.partition("### Troubleshooting")[2].partition("\n## ")[0]
    quoted = re.findall(r"^\| \*(.+?)\* \|", table, re.MULTILINE)
    assert len(quoted) > 5
    for message in quoted:
        for fragment in filter(None, (part.strip() for part in message.split("…"))):
            assert fragment in said, message


def literals() -> Iterator[str]:
    """The texts of the package, formatted ones with a gap for each value."""
    for file in (ROOT / "source_segment").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    v.value if isinstance(v, ast.Constant) else "…"  # type: ignore[misc]
                    for v in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_secret_names_are_those_of_the_rule() -> None:
    words = set(components.SECRET.pattern.removeprefix("(?i)").split("|"))
    text = SEGMENT.partition("whose name contains")[2].partition("and every URL")[0]
    assert set(re.findall(r"`(\w+)`", text)) == words
    text = TEXTS["BEHAVIOR.md"].partition("under a name that\n    contains")[2].partition("(in")[0]
    assert set(re.findall(r"\w+", text)) == words
    assert f"`{components.MASK}`" in SEGMENT


# Numbers


def endpoint(name: str) -> dict[str, Any]:
    return STREAMS[name].endpoint


CORE = [name for name, stream in STREAMS.items() if stream.group == "the 18 core streams"]
LATE_DAYS = catalog.manifest()["definitions"]["usage_stream"]["state_migrations"][0]["late_days"]
AUDIT = catalog.manifest()["definitions"]["audit_stream"]["incremental_sync"]
WORKERS = SPEC["properties"]["num_workers"]
NUMBERS = {  # what the pages say, and what is so; each is said somewhere, and nowhere otherwise
    r"\b(\d+)\s+streams\b": len(STREAMS),
    r"\b(\d+) core streams": len(CORE),
    r"\b(\d+) of them selected": len(CORE),
    r"instead of the (\d+)": len(CORE),
    r"(?i)windows (?:of|have) (\d+)\s+days": int(AUDIT["step"].strip("PD")),
    r"audit events for (\d+) days": endpoint("audit_events")["history"],
    r"audit events\s+(?:reach back )?(\d+)": endpoint("audit_events")["history"],
    r"overview keeps (\d+) days": endpoint("delivery_overview_failed_delivery_daily")["history"],
    r"delivery metrics (\d+)": endpoint("destination_delivery_metrics_daily")["history"],
    r"the last (\d+) days, or since": endpoint("destination_delivery_metrics_summary")["history"],
    r"daily points, at most (\d+) days": endpoint("delivery_overview_failed_delivery_daily")[
        "history"
    ],
    r"state less (\d+) days": LATE_DAYS,
    r"the first (\d+) days of a month": LATE_DAYS,
    r"(\d+) MiB, and dropped": components.Pages.LIMIT / 2**20,
    r"up to (\d+) MiB": components.Pages.LIMIT / 2**20,
    r"tried (\d+) times": components.Run().tries,
    r"The default of (\d+) suits": WORKERS["default"],
    r"holds (\d+) records": 200,
    r"size is (\d+)\*\*": 200,
    r"records, or (\d+) where": max(stream.page_size for stream in STREAMS.values()),
    r"is (\d+): the platform ends": METADATA["maxSecondsBetweenMessages"],
    r"an hour for (\d+) connections": 60 * endpoint("warehouse_selective_syncs")["limit"],
}


@pytest.mark.parametrize("pattern", NUMBERS)
def test_a_number_is_right(pattern: str) -> None:
    found = re.findall(pattern, ALL)
    assert found
    assert {float(number) for number in found} == {float(NUMBERS[pattern])}


def test_the_slow_streams_are_named_with_their_limits() -> None:
    bullets = re.findall(r"\*\*(\d+) requests a minute\*\*:(.*?)\n- ", ALL, re.DOTALL)
    assert len(bullets) == 2
    for limit, text in bullets:
        for name in re.findall(r"`(\w+)`", text):
            assert STREAMS[name].endpoint["limit"] == int(limit)
    slowest = {n for n, stream in STREAMS.items() if stream.endpoint.get("limit") == 2}
    assert set(re.findall(r"`(\w+)`", bullets[0][1])) == slowest


def test_the_python_versions_are_those_of_the_package() -> None:
    lowest, beyond = re.findall(r"3\.(\d+)", PROJECT["requires-python"])
    assert set(re.findall(r"Python 3\.(\d+) to 3\.(\d+)", ALL)) == {(lowest, str(int(beyond) - 1))}


def test_there_are_ten_queries() -> None:
    assert "ten ready queries" in TEXTS["README.md"]
    assert len(list((ROOT / "docs" / "queries").glob("*.sql"))) == 10


def test_behaviours_are_numbered_without_a_gap() -> None:
    found = re.findall(r"^(\d+)\. \*\*", TEXTS["BEHAVIOR.md"], re.MULTILINE)
    assert [int(number) for number in found] == list(range(1, len(found) + 1))
    assert len(found) > 30


def test_the_deviating_keys_are_those_of_the_manifest() -> None:
    table = SEGMENT.partition("### Three keys")[2].partition("The key of")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE)
    assert len(rows) == 3
    for name, key in rows:
        assert re.findall(r"`(\w+)`", key) == list(STREAMS[name].key)


def code(text: str) -> str:
    """The code of a page: its blocks and what stands in backticks."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`[^`\n]+`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*blocks, *inline])
