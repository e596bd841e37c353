"""Seeded raw material of the generator: stable numbers, names, awkward ids, secrets, dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from simulator.clock import iso

Json = dict[str, Any]

# Each of these breaks a client that guesses a type from an id or forgets to encode a path segment.
AWKWARD_IDS = (
    "007",
    "1e5",
    "true",
    "2024-01-01",
    "id with space",
    "100%2Foff",
    "hash#mark?query=1",
    "slash/ü",
)
EVENTS = (
    ("Order Completed", "TRACK"),
    ("Home", "PAGE"),
    ("Größe gewählt / 100%?", "TRACK"),
    ("Home", "TRACK"),
    ("Signup#Started", "TRACK"),
    ("User Identified", "IDENTIFY"),
    ("Cart", "SCREEN"),
    ("Account Joined", "GROUP"),
    ("注文完了", "TRACK"),
)
_GIVEN = (
    "Ana",
    "Bo",
    "Chloé",
    "Dmitri",
    "Žofia",
    "Åse",
    "José",
    "Mei",
    "ジロウ",
    "Lars",
    "Priya",
    "O'Neil",
)
_FAMILY = (
    "García",
    "Smith",
    "Łukasz",
    "Müller",
    "Nguyễn",
    "van der Berg",
    "Okafor",
    "王",
    "D'Arcy",
    "Íñiguez",
)
_PLACES = (
    "Web",
    "iOS",
    "Android",
    "Checkout",
    "CRM",
    "Backoffice",
    "Kassa",
    "Support",
    "Größen-API",
    "Billing",
)
_STAGES = ("production", "staging", "EU", "US", "dev", "Übung", "日本", "legacy")


ZERO_TIME = "0001-01-01T00:00:00.000Z"  # what Go writes for no time at all


def stable(*parts: object) -> int:
    """A 64-bit number that depends on nothing but the parts, as text."""
    return int.from_bytes(blake2b(repr(list(map(_flat, parts))).encode(), digest_size=8).digest())


def _flat(part: object) -> object:
    """The text of a part; a date stays the same when a test freezes the clock."""
    return list(map(_flat, part)) if isinstance(part, (tuple, list)) else str(part)


def person(n: int) -> str:
    """A plausible name; every 50th is very long."""
    name = f"{_GIVEN[n % len(_GIVEN)]} {_FAMILY[n // 3 % len(_FAMILY)]}"
    return name + " de la Cruz y Montserrat" * 12 if n % 50 == 11 else name


def thing(n: int) -> str:
    """A plausible name of a source, a destination, an audience; every 40th is very long."""
    name = f"{_PLACES[n % len(_PLACES)]} {_STAGES[n // 2 % len(_STAGES)]}"
    return name + " (do not delete, ask data team first)" * 8 if n % 40 == 5 else name


def new_id(rng: Random, prefix: str = "") -> str:
    """An opaque id as the API makes them."""
    alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return prefix + "".join(rng.choices(alphabet, k=18))


def ids(rng: Random, count: int, awkward: Iterable[str] = ()) -> list[str]:
    """`count` ids, the awkward ones first but for one plain id that leads the list."""
    odd = list(awkward)[: max(count - 1, 0)]
    plain = [new_id(rng) for _ in range(count - len(odd))]
    return plain[:1] + odd + plain[1:]


def secret(rng: Random, prefix: str) -> str:
    """A value that must never leave a client unredacted."""
    return f"{prefix}_{rng.getrandbits(160):040x}"


def moment(rng: Random) -> str:
    """A time of creation or change, between 2022 and mid 2024."""
    return iso(
        datetime(2022, 1, 1, tzinfo=UTC) + timedelta(milliseconds=rng.randrange(78_000_000_000))
    )


def stamps(rng: Random) -> Json:
    """CreatedAt and a later updatedAt."""
    created, updated = sorted((moment(rng), moment(rng)))
    return {"createdAt": created, "updatedAt": updated}
