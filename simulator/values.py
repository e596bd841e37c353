"""Building blocks of a generated workspace: stable numbers, ids and secrets."""

from hashlib import blake2b
from random import Random
from typing import Any

Json = dict[str, Any]
ZERO_TIME = "0001-01-01T00:00:00.000Z"  # Go's zero time: the API means "never" by it

# Each of these breaks a client that guesses a type from an id or does not encode path segments.
AWKWARD_IDS = ("007", "1e5", "true", "2024-01-01", "id with space", "100%2Foff",
               "hash#mark?query=1", "slash/ü")  # fmt: skip


def stable(*parts: object) -> int:
    """A 64-bit hash that depends only on the text of the parts."""
    return int.from_bytes(blake2b(repr(list(map(_flat, parts))).encode(), digest_size=8).digest())


def _flat(part: object) -> object:
    """The text of a part; a frozen clock's dates have the same text as real ones."""
    return list(map(_flat, part)) if isinstance(part, (tuple, list)) else str(part)


def new_id(rng: Random, prefix: str = "") -> str:
    """An opaque id in the style of the API."""
    alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return prefix + "".join(rng.choices(alphabet, k=18))


def new_ids(rng: Random, count: int, special: tuple[str, ...] = ()) -> list[str]:
    """`count` ids: one opaque id, then the special ones, then more opaque ids."""
    chosen = list(special[: max(count - 1, 0)])
    opaque = [new_id(rng) for _ in range(count - len(chosen))]
    return opaque[:1] + chosen + opaque[1:]


def secret(rng: Random, prefix: str) -> str:
    """A value that a client must redact."""
    return f"{prefix}_{rng.getrandbits(160):040x}"
