"""Draws the report: one self-contained HTML page, made from the DuckDB file of a sync.

Names come from the workspace and can contain anything: `_label` makes them safe for HTML and for
plotly, which interprets a subset of HTML itself.
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

FOLDER = Path(__file__).parent
QUERIES = FOLDER.parent / "docs" / "queries"

BLUE, TEAL, VIOLET = "#3b82f6", "#14a38b", "#9061f9"
AMBER, RED, GREY = "#e8a13a", "#e0524f", "#9aa5b5"
MOST = 15  # sources or destinations in a chart
MOST_LINKS = 60  # in the map
MOST_EVENTS = 20
Row = dict[str, Any]


def write(database: Path, page: Path) -> Path:
    """Write the report of a database to `page` and return `page`."""
    with duckdb.connect(database, read_only=True) as db:
        months = _query(db, "monthly_usage")
        delivery = _query(db, "delivery_by_destination")
        charts = {
            "calls": _months(months, "api_calls", BLUE),
            "mtu": _months(months, "mtu", VIOLET),
            "sources": _mtu(_query(db, "mtu_against_last_month")[:MOST]),
            "delivery": _delivery([row for row in delivery if row["success"] is not None][:MOST]),
            "map": _map(_query(db, "connections", FOLDER)[:MOST_LINKS]),
        }
        [counts] = _query(db, "counts", FOLDER)
        events = _events(_query(db, "who_changed_what")[:MOST_EVENTS])
    parts = {name: _embed(name, chart) for name, chart in charts.items()}
    parts |= {"plotly": get_plotlyjs(), "tiles": _tiles(months, delivery, counts)}
    template = Template((FOLDER / "report.html").read_text(encoding="utf-8"))
    text = template.substitute(parts, events=events, most=MOST, most_links=MOST_LINKS)
    draft = page.with_name(f".{page.name}.{os.getpid()}")  # two runs may write at the same time
    draft.write_text(text, encoding="utf-8")
    draft.replace(page)
    return page


def _query(db: duckdb.DuckDBPyConnection, name: str, folder: Path = QUERIES) -> list[Row]:
    """The rows that a query file returns."""
    result = db.sql((folder / f"{name}.sql").read_text(encoding="utf-8"))
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


def _label(text: object, longest: int = 24) -> str:
    """A text, cut to `longest` characters, that is displayed literally."""
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
    text: str = chart.to_html(full_html=False, include_plotlyjs=False, div_id=name, default_width="100%", config=config)
    return text


def _months(rows: list[Row], value: str, colour: str) -> go.Figure | None:
    """Bars of a monthly total; the running month is paler."""
    if not rows:
        return None
    months = [row["month"].isoformat() for row in rows]
    bars = go.Bar(
        x=months,
        y=[row[value] for row in rows],
        marker={"color": colour, "opacity": [0.9] * (len(rows) - 1) + [0.45]},
        hovertemplate="%{x|%B %Y}: %{y:,}<extra></extra>",
    )
    figure = go.Figure(bars, {"height": 260, "bargap": 0.25})
    figure.update_xaxes(tickformat="%b\n%Y", tick0=months[0], dtick=f"M{1 + len(months) // 7}")
    return figure.update_yaxes(nticks=5)


def _mtu(rows: list[Row]) -> go.Figure | None:
    """Pairs of bars: each source's tracked users so far and on the same day of last month."""
    if not rows:
        return None
    layout = {"height": 60 + 46 * len(rows), "bargroupgap": 0.08}
    series = ("mtu_same_day", "last month, same day", GREY), ("mtu", "this month so far", VIOLET)
    figure = _bars(rows, "source", series, layout, "%{x:,}")
    for bars, (value, _, _) in zip(figure.data, series, strict=True):
        text = [_short(row[value]) for row in rows]
        bars.update(text=text, textposition="outside", cliponaxis=False)
    longest = max(row[value] or 0 for row in rows for value, _, _ in series)
    return figure.update_xaxes(range=[0, 1.35 * longest or 1], showticklabels=False, nticks=5)


def _delivery(rows: list[Row]) -> go.Figure | None:
    """A bar of 100 % for each destination: events delivered, discarded and expired."""
    if not rows:
        return None
    layout = {"height": 80 + 34 * len(rows), "barmode": "stack", "barnorm": "percent"}
    layout |= {"margin": {"r": 24}}
    names = ("delivered", TEAL), ("discarded", AMBER), ("expired", RED)
    series = tuple((name, name, colour) for name, colour in names)
    figure = _bars(rows, "destination", series, layout, "%{customdata[1]:,.0f} (%{x:.1f} %)")
    return figure.update_xaxes(tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], range=[0, 100])


def _bars(rows: list[Row], kind: str, series: tuple[tuple[str, str, str], ...], layout: Row, shown: str) -> go.Figure:
    """Horizontal bars: by id, since names repeat, from the top down, and labelled by name.

    `series` has a column, its name and its colour for each bar, `shown` what hovering shows.
    """
    figure, ids = go.Figure(layout=layout | {"bargap": 0.3}), [row[f"{kind}_id"] for row in rows]
    for value, name, colour in series:
        figure.add_bar(
            y=ids,
            x=[row[value] for row in rows],
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=[[_label(row[kind], 80), row[value]] for row in rows],
            hovertemplate=f"%{{customdata[0]}}<br>{name}: {shown}<extra></extra>",
        )
    labels = {"tickvals": ids, "ticktext": [_label(row[kind]) for row in rows]}
    return figure.update_yaxes(type="category", autorange="reversed", ticklabelstandoff=6, **labels)


def _map(rows: list[Row]) -> go.Figure | None:
    """Which source feeds which destination (teal) and warehouse (blue); pale if disabled."""
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
            "customdata": ["enabled" if row["live"] else "disabled" for row in rows],
            "hovertemplate": "%{source.customdata} → %{target.customdata}: %{customdata}<extra></extra>",
        },
    )
    return go.Figure(sankey, {"height": max(320, 34 * len({row["target"] for row in rows}))})


def _faint(colour: str, live: bool) -> str:
    red, green, blue = bytes.fromhex(colour[1:])
    return f"rgba({red},{green},{blue},{0.45 if live else 0.12})"


def _tiles(months: list[Row], delivery: list[Row], counts: Row) -> str:
    """The figures at the top, as list items."""
    newest = months[-1] if months else {"api_calls": None, "mtu": None}
    arrived = sum(row["delivered"] for row in delivery)
    lost = sum(row["discarded"] + row["expired"] for row in delivery)
    tiles = {
        "API calls this month": _short(newest["api_calls"]),
        "Tracked users this month": _short(newest["mtu"]),
        "Delivered": f"{100 * arrived / (arrived + lost):.1f} %" if arrived + lost else "–",
        "Enabled sources": counts["sources"],
        "Enabled destinations": counts["destinations"],
        "Enabled warehouses": counts["warehouses"],
    }
    return "".join(f"<li><b>{value}</b><span>{label}</span></li>" for label, value in tiles.items())


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
