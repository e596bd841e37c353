"""A Postgres server for tests, removed at the end, and the types of PyAirbyte's columns."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

MISSING = "Postgres is missing (on Debian and Ubuntu: apt install postgresql)"
USER = "postgres"
TYPES = {  # type and format in the schema -> type of PyAirbyte's column
    ("string", None): {"duckdb": "VARCHAR", "postgres": "character varying"},
    ("string", "date"): {"duckdb": "DATE", "postgres": "date"},
    ("string", "date-time"): {"duckdb": "TIMESTAMP", "postgres": "timestamp without time zone"},
    ("integer", None): {"duckdb": "BIGINT", "postgres": "bigint"},
    ("number", None): {"duckdb": "DECIMAL(38,9)", "postgres": "numeric"},
    ("boolean", None): {"duckdb": "BOOLEAN", "postgres": "boolean"},
    ("object", None): {"duckdb": "JSON", "postgres": "json"},
    ("array", None): {"duckdb": "JSON", "postgres": "json"},
}


def column_type(schema: dict[str, Any], database: str) -> str:
    """The type of the column that PyAirbyte makes for a field, as the database names it."""
    return TYPES[schema["type"][1], schema.get("format")][database]


@contextmanager
def postgres_server() -> Iterator[dict[str, Any]]:
    """Start a server on loopback and yield what PyAirbyte's PostgresCache needs to reach it.

    Skips the test where Postgres is not installed; in CI the test fails instead.
    """
    folders = [*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin"))), os.environ["PATH"]]
    initdb, pg_ctl = (shutil.which(n, path=os.pathsep.join(folders)) for n in ("initdb", "pg_ctl"))
    if not initdb or not pg_ctl:
        (pytest.fail if "CI" in os.environ else pytest.skip)(MISSING)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        password = Path(folder, "password")
        password.write_text(secrets.token_hex())
        options: dict[str, Any] = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
        if os.getuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, USER)
            shutil.chown(password, USER)
            options |= {"user": USER, "group": USER, "extra_groups": []}
        new = [initdb, "-D", "data", "-U", USER, "-A", "scram-sha-256", "--pwfile=password"]
        subprocess.run([*new, "--no-sync", "--locale=C", "--encoding=UTF8"], **options)
        settings = f"-p {port} -F -c timezone=UTC -c unix_socket_directories="
        control = [pg_ctl, "-D", "data", "-w", "-l", "log", "-m", "immediate"]
        subprocess.run([*control, "-o", f"{settings} -h 127.0.0.1", "start"], **options)
        try:
            login = {"username": USER, "password": password.read_text(), "database": "postgres"}
            yield {"host": "127.0.0.1", "port": port} | login
        finally:
            subprocess.run([*control, "stop"], **options)
