"""Draws the report: one HTML page with everything in it, made from the DuckDB file of a sync.

Names come from the workspace and may hold anything: `_label` makes them safe for HTML and for
plotly, which reads a small HTML of its own.
"""

from __future__ import annotations

import html
import os
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

QUERIES = Path(__file__).parent.parent / "docs" / "queries"
TEMPLATE = Path(__file__).with_name("report.html")

BLUE, TEAL, VIOLET, AMBER, RED, GREY = (
    "#3b82f6",
    "#14a38b",
    "#9061f9",
    "#e8a13a",
    "#e0524f",
    "#9aa5b5",
)
MOST = 15  # sources or destinations in a chart
MOST_LINKS = 60  # in the map
MOST_EVENTS = 20
Row = dict[str, Any]

_MAP = """
    SELECT
        'source ' || source.id AS origin,
        coalesce(source.name, source.slug) AS origin_name,
        kind || reached.id AS target,
        reached.name AS target_name,
        reached.kind = 'destination ' AS is_destination,
        source.enabled AND reached.enabled AS live
    FROM (
        SELECT
            'destination ' AS kind,
            id,
            sourceid,
            enabled,
            coalesce(name, metadata ->> 'name') AS name
        FROM source_connected_destinations
        UNION ALL
        SELECT
            'warehouse ', id, sourceid, enabled, coalesce(settings ->> 'name', metadata ->> 'name')
        FROM source_connected_warehouses
    ) AS reached
    INNER JOIN sources AS source ON source.id = reached.sourceid
    ORDER BY live DESC, origin, target
"""
_COUNTS = """
    SELECT
        (SELECT count(*) FROM sources WHERE enabled) AS sources,
        (SELECT count(DISTINCT id) FROM destinations WHERE enabled) AS destinations,
        (SELECT count(*) FROM warehouses WHERE enabled) AS warehouses
"""


def write(database: Path, page: Path) -> Path:
    """Write the report of a database to `page` and return that."""
    with duckdb.connect(database, read_only=True) as db:
        months = _rows(db, _query("monthly_usage"))
        delivery = _rows(db, _query("delivery_by_destination"))
        charts = {
            "calls": _months(months, "api_calls", BLUE),
            "mtu": _months(months, "mtu", VIOLET),
            "sources": _mtu(_rows(db, _query("mtu_against_last_month"))[:MOST]),
            "delivery": _delivery([row for row in delivery if row["success"] is not None][:MOST]),
            "map": _map(_rows(db, _MAP)[:MOST_LINKS]),
        }
        [counts] = _rows(db, _COUNTS)
        events = _events(_rows(db, _query("who_changed_what"))[:MOST_EVENTS])
    parts = {name: _embed(name, chart) for name, chart in charts.items()}
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    parts |= {"plotly": get_plotlyjs(), "tiles": _tiles(months, delivery, counts)}
    text = template.substitute(parts, events=events, most=MOST, most_links=MOST_LINKS)
    draft = page.with_name(f".{page.name}.{os.getpid()}")  # two runs may write at the same time
    draft.write_text(text, encoding="utf-8")
    draft.replace(page)
    return page


def _query(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _rows(db: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    result = db.sql(sql)
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


def _label(text: object, longest: int = 24) -> str:
    """A text that is shown literally, cut to `longest` characters."""
    whole = str(text)
    cut = whole if len(whole) <= longest else whole[: longest - 1].rstrip() + "…"
    return html.escape(cut, quote=False)


def _embed(name: str, chart: go.Figure | None) -> str:
    """The chart as HTML, or a sentence if there is nothing to draw."""
    if chart is None:
        return '<p class="empty">Nothing to show: the sync returned no rows for this.</p>'
    chart.update_layout(
        template="none",
        font={"family": "inherit", "size": 12},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": chart.layout.margin.r or 8, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        hoverlabel={"align": "left", "namelength": -1},
        dragmode=False,
    )
    fixed = {"automargin": True, "fixedrange": True, "exponentformat": "B"}
    chart.update_xaxes(**fixed).update_yaxes(**fixed)
    config = {"responsive": True, "displayModeBar": False}
    text: str = chart.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, default_width="100%", config=config
    )
    return text


def _months(rows: list[Row], value: str, colour: str) -> go.Figure | None:
    """Bars of a monthly total; the running month is paler."""
    if not rows:
        return None
    paler = [0.9] * (len(rows) - 1) + [0.45]
    months = [row["month"].isoformat() for row in rows]
    bars = go.Bar(
        x=months,
        y=[row[value] for row in rows],
        marker={"color": colour, "opacity": paler},
        hovertemplate="%{x|%B %Y}: %{y:,}<extra></extra>",
    )
    figure = go.Figure(bars, {"height": 260, "bargap": 0.25})
    figure.update_xaxes(tickformat="%b\n%Y", tick0=months[0], dtick=f"M{1 + len(months) // 7}")
    return figure.update_yaxes(nticks=5)


def _mtu(rows: list[Row]) -> go.Figure | None:
    """Pairs of bars: each source's tracked users so far and on the same day of last month."""
    if not rows:
        return None
    figure = go.Figure(layout={"height": 60 + 46 * len(rows), "bargap": 0.3, "bargroupgap": 0.08})
    for value, name, colour in (
        ("mtu_same_day", "last month, same day", GREY),
        ("mtu", "this month so far", VIOLET),
    ):
        figure.add_bar(
            y=[row["source_id"] for row in rows],
            x=[row[value] for row in rows],
            text=[_short(row[value]) for row in rows],
            textposition="outside",
            cliponaxis=False,
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=[_label(row["source"], 80) for row in rows],
            hovertemplate="%{customdata}<br>" + name + ": %{x:,}<extra></extra>",
        )
    _name_bars(figure, {row["source_id"]: row["source"] for row in rows})
    longest = max(row[value] or 0 for row in rows for value in ("mtu", "mtu_same_day"))
    return figure.update_xaxes(range=[0, 1.35 * longest or 1], showticklabels=False, nticks=5)


def _delivery(rows: list[Row]) -> go.Figure | None:
    """A bar of 100 % for each destination: what arrived, was refused, was given up."""
    if not rows:
        return None
    figure = go.Figure(
        layout={
            "height": 80 + 34 * len(rows),
            "bargap": 0.3,
            "barmode": "stack",
            "barnorm": "percent",
        }
    )
    for value, name, colour in (
        ("delivered", "delivered", TEAL),
        ("discarded", "discarded", AMBER),
        ("expired", "given up", RED),
    ):
        figure.add_bar(
            y=[row["destination_id"] for row in rows],
            x=[row[value] for row in rows],
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=[[_label(row["destination"], 80), row[value]] for row in rows],
            hovertemplate="%{customdata[0]}<br>"
            + name
            + ": %{customdata[1]:,.0f} (%{x:.1f} %)<extra></extra>",
        )
    _name_bars(figure, {row["destination_id"]: row["destination"] for row in rows})
    return figure.update_layout(margin={"r": 24}).update_xaxes(
        tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], range=[0, 100]
    )


def _name_bars(figure: go.Figure, names: dict[str, str]) -> None:
    """Bars stand by id, since names repeat, from the top down, and are labelled by name."""
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        ticklabelstandoff=6,
        tickvals=list(names),
        ticktext=[_label(name) for name in names.values()],
    )


def _map(rows: list[Row]) -> go.Figure | None:
    """Which source feeds which destination (teal) and warehouse (blue); pale if switched off."""
    if not rows:
        return None
    names = {row["origin"]: row["origin_name"] for row in rows}
    names |= {row["target"]: row["target_name"] for row in rows}
    place = {key: number for number, key in enumerate(names)}
    colours = dict.fromkeys(names, VIOLET)
    colours |= {row["target"]: TEAL if row["is_destination"] else BLUE for row in rows}
    sankey = go.Sankey(
        node={
            "label": [_label(name, 20) for name in names.values()],
            "color": list(colours.values()),
            "customdata": [_label(name, 80) for name in names.values()],
            "hovertemplate": "%{customdata}<extra></extra>",
            "pad": 14,
            "thickness": 14,
            "line": {"width": 0},
        },
        link={
            "source": [place[row["origin"]] for row in rows],
            "target": [place[row["target"]] for row in rows],
            "value": [1] * len(rows),
            "color": [_faint(colours[row["target"]], row["live"]) for row in rows],
            "customdata": ["on" if row["live"] else "switched off" for row in rows],
            "hovertemplate": "%{source.customdata} → %{target.customdata}: "
            "%{customdata}<extra></extra>",
        },
    )
    return go.Figure(sankey, {"height": max(320, 34 * len({row["target"] for row in rows}))})


def _faint(colour: str, live: bool) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{0.45 if live else 0.12})"


def _tiles(months: list[Row], delivery: list[Row], counts: Row) -> str:
    """The figures on top: label, value, and what it is compared with."""
    newest = months[-1] if months else {"api_calls": None, "mtu": None}
    arrived = sum(row["delivered"] for row in delivery)
    lost = sum(row["discarded"] + row["expired"] for row in delivery)
    tiles = [
        ("API calls this month", _short(newest["api_calls"])),
        ("Tracked users this month", _short(newest["mtu"])),
        ("Delivered", f"{100 * arrived / (arrived + lost):.1f} %" if arrived + lost else "–"),
        ("Enabled sources", counts["sources"]),
        ("Enabled destinations", counts["destinations"]),
        ("Enabled warehouses", counts["warehouses"]),
    ]
    return "".join(f"<li><b>{value}</b><span>{label}</span></li>" for label, value in tiles)


def _short(number: int | None) -> str:
    """A count in three or four digits: 57.7 M."""
    if number is None:
        return "–"
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return str(number)


def _events(rows: list[Row]) -> str:
    """The rows of the table of changes."""
    if not rows:
        return '<tr><td colspan="4">No audit events: they need the Business plan.</td></tr>'
    return "".join(
        f"<tr><td>{row['happened']:%Y-%m-%d %H:%M}</td>"
        f"<td>{_label(row['who'], 60)}</td><td>{_label(row['what'], 60)}</td>"
        f"<td>{_label(row['resource'], 60)} ({_label(row['resource_type'])})</td></tr>"
        for row in rows
    )
