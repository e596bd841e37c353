"""The ten queries on DuckDB and on Postgres, against answers that were worked out by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from scripts.catalog import streams
from unit_tests.demo.databases import column_type, postgres_server

CASE = yaml.safe_load(Path(__file__).with_name("queries.yaml").read_text())
FOLDER = Path(__file__).parents[2] / "docs" / "queries"


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A connection to the made-up workspace, in tables as PyAirbyte makes them."""
    if request.param == "duckdb":
        with duckdb.connect() as connection:
            fill(connection, request.param)
            yield connection
        return
    with postgres_server() as server:
        names = {"user": server.pop("username"), "dbname": server.pop("database")}
        with psycopg.connect(**server, **names, autocommit=True) as connection:
            fill(connection, request.param)
            yield connection


def fill(connection: Any, database: str) -> None:
    for table, rows in CASE["tables"].items():
        fields = streams()[table].schema["properties"]
        columns = {field: column_type(schema, database) for field, schema in fields.items()}
        declared = ", ".join(f'"{name.lower()}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} ({declared})")
        for row in rows:
            assert row.keys() <= columns.keys(), table
            values = [value(row.get(name), kind, database) for name, kind in columns.items()]
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join(values)})")


def value(given: Any, kind: str, database: str) -> str:
    """A literal; an absent object or list is a JSON null in Postgres, as PyAirbyte writes it."""
    if given is None and not (kind == "json" and database == "postgres"):
        return "NULL"
    text = json.dumps(given) if kind.lower() == "json" else str(given)
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("name", CASE["answers"])
def test_query_returns_the_answer_in_the_columns_of_its_comment(name: str, database: Any) -> None:
    text = (FOLDER / f"{name}.sql").read_text()
    comment = re.match(r"-- [A-Z][^?]+\?\n(?:--.*\n)+", text)
    assert comment
    described = re.findall(r"\w+", " ".join(re.findall(r"^-- (\S.*?)   ", comment[0], re.M)))

    result = database.execute(text)

    columns = [column[0] for column in result.description]
    assert [column for column in columns if not column.endswith("_id")] == described
    found = [[float(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in result.fetchall()]
    assert found == CASE["answers"][name]


def test_list_names_the_ten_queries() -> None:
    listed = re.findall(r"\[`(\w+)\.sql`\]\(\1\.sql\)", (FOLDER / "README.md").read_text())
    assert listed == list(CASE["answers"])
    assert sorted(listed) == sorted(path.stem for path in FOLDER.glob("*.sql"))
    assert len(listed) == 10
