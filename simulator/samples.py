"""Invented records of the API's models: all fields of a schema, in varying combinations."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from simulator.clock import iso
from simulator.facts import schema
from simulator.names import Names
from simulator.values import Json, new_id, secret

ABSENT: Any = object()  # the value of a field that a record does not have
_ANY: tuple[Any, ...] = ("", False, 0, None, [], {"@path": "$.event"}, 1.5, ["a", "b"])


class Samples:
    """Makes records; equal seeds make equal ones."""

    def __init__(self, seed: str, names: Names) -> None:
        self.rng, self.names = Random(seed), names
        self._time = datetime(2022, 1, 1, tzinfo=UTC)

    def record(self, model: str, n: int, /, **fields: Any) -> Json:
        """The nth record of a model; its fields are those of the schema or the given ones.

        Of three records, one lacks an optional field.
        """
        self._time = datetime(2022, 1, 1, tzinfo=UTC) + self.rng.random() * timedelta(days=900)
        found = self._object(schema(model), n, fields) | fields
        return {name: value for name, value in found.items() if value is not ABSENT}

    def records(self, model: str, count: int, /, **fields: Any) -> list[Json]:
        """The first records of a model."""
        return [self.record(model, n, **fields) for n in range(count)]

    def settings(self) -> Json:
        """Settings of an integration, full of secrets."""
        token = {"token": secret(self.rng, "tk")}
        return {
            "apiKey": secret(self.rng, "ak"),
            "batch": True,
            "auth": {"password": secret(self.rng, "pw"), "tokens": [token]},
            "privateKey": {"pem": secret(self.rng, "pem")},
            "dsn": "postgres://etl:hunter2-example@db.example.com:5432/shop",
            "regions": ["eu", "us"],
        }

    def _object(self, part: Json, n: int, given: Json) -> Json:
        needed = part.get("required", ())
        return {
            name: None if "x-nullable-in-spec" in inner and (n + k) % 4 == 3
            else self._value(inner, name, n)
            for k, (name, inner) in enumerate(part["properties"].items())
            if name not in given and (name in needed or (n + k) % 3)
        }  # fmt: skip

    def _value(self, part: Json, name: str, n: int) -> Any:
        if "anyOf" in part:
            choices = [choice for choice in part["anyOf"] if choice["type"] != "null"]
            return self._value(choices[n % len(choices)], name, n)
        if "enum" in part:
            values = [value for value in part["enum"] if value is not None]
            return values[n % len(values)]
        kinds = part.get("type")
        match kinds[0] if isinstance(kinds, list) else kinds:
            case "boolean":
                return n % 4 != 3
            case "number" | "integer":
                return n
            case "string":
                return self._text(part, name, n)
            case "array":
                return [self._value(part["items"], name, n + k) for k in range(n % 4)]
            case "object" if "properties" in part:
                return self._object(part, n, {})
            case "object" | None if name.lower().endswith("settings"):
                return self.settings()
            case "object":
                return {"email": n % 2 == 0, "event": {"@path": "$.event"}} if n % 3 else {}
        return _ANY[n % len(_ANY)]

    def _text(self, part: Json, name: str, n: int) -> str:
        if part.get("format") == "date-time":
            self._time += timedelta(minutes=self.rng.randrange(1, 5000))
            return iso(self._time)
        if part.get("x-wire") == "count-string":
            return str(n if n % 2 else 2**53 + n)
        if name.endswith(("Id", "id")):
            return new_id(self.rng)
        if name.lower().endswith("name"):
            return self.names.thing("other", n) if n % 4 != 2 else ""
        if name == "email":
            return self.names.email(n)
        if name in ("if", "query", "trigger"):
            return f"event = '{self.names.events()[n % 9][0]}'"
        return f"{name} {n}" if name != "description" else ""
