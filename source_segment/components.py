"""What the manifest cannot say: one class for each stock part of the CDK that loses data or misleads.

Self-contained, without postponed annotations: Airbyte's manifest runner and the Connector Builder load it on its own.
"""

import json
import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import airbyte_cdk as cdk
import orjson
import requests
import requests_cache
from airbyte_cdk.sources.declarative.migrations.state_migration import StateMigration
from airbyte_cdk.sources.declarative.requesters.error_handlers import DefaultErrorHandler
from airbyte_cdk.sources.declarative.validators.validation_strategy import ValidationStrategy
from airbyte_cdk.sources.streams.call_rate import APIBudget
from airbyte_cdk.sources.streams.http.error_handlers import ErrorResolution, JsonErrorMessageParser, ResponseAction
from airbyte_cdk.utils import airbyte_secrets_utils, constants

CONFIG, SYSTEM, TRANSIENT = cdk.FailureType.config_error, cdk.FailureType.system_error, cdk.FailureType.transient_error
TOKEN_REJECTED = "Segment rejected the API token"  # noqa: S105 - the beginning of a message
SECRET = re.compile(r"(?i)key|secret|token|pass|pwd|auth|cred|private|cert|sign|dsn|salt|webhook")
SETTINGS = re.compile(r"(?i)(settings|configuration)$")


def failure(kind: cdk.FailureType, message: str) -> cdk.AirbyteTracedException:
    """The exception that ends a stream with one sentence for the user, without the token that Segment may repeat."""
    message = airbyte_secrets_utils.filter_secrets(message)
    return cdk.AirbyteTracedException(message=message, internal_message=message, failure_type=kind)


def parsed(content: bytes) -> tuple[Any, bool]:
    """The JSON of a body, and whether a text in it was repaired; raises ValueError if it is not JSON.

    Go's zero time, NaN and infinity become null, and half a surrogate pair U+FFFD. Large integers keep their digits.
    """
    content = re.sub(rb'(?<!\\)"0001-01-01T00:00:00[^"\\\s]*"', b"null", content)
    if b"0" * 19 not in content.translate(bytes.maketrans(b"123456789", b"0" * 9)):  # orjson rounds long integers
        with suppress(ValueError):
            return orjson.loads(content), False
    text = json.dumps(json.loads(content), ensure_ascii=False)
    repaired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.loads(repaired, parse_constant=lambda _: None), repaired != text


def decoded(response: requests.Response) -> tuple[Any, bool]:
    """The parsed body of a response, parsed once for all that need it."""
    if "decoded" not in vars(response):
        vars(response)["decoded"] = parsed(response.content)
    return vars(response)["decoded"]  # type: ignore[no-any-return]


class SegmentJsonDecoder(cdk.JsonDecoder):
    """Decode a body for the paginator: the stock decoder makes `{}` of a broken body, which ends a list silently."""

    parameters: Mapping[str, Any]  # names the argument that the CDK passes

    def decode(self, response: requests.Response) -> Iterator[MutableMapping[str, Any]]:  # type: ignore[override]
        """Yield the body; raises ValueError if it is not JSON."""
        yield decoded(response)[0]


@dataclass
class SyncState:
    """What the components of a sync share; kept on the API budget, which the CDK hands to all, a new one each sync."""

    lock: Any = field(default_factory=threading.RLock)
    verdicts: dict[tuple[str, int], bool | None] = field(default_factory=dict)  # list: read, refused, gone (None)
    failures: Counter[str] = field(default_factory=Counter)  # in a row; by stream, or "" without a response
    warned: set[tuple[str, str]] = field(default_factory=set)
    token_error: cdk.AirbyteTracedException | None = None
    token_accepted_until: float = 0.0  # monotonic seconds, as the next
    paused_until: float = 0.0

    def warn_once(self, stream: str, kind: str, message: str, **extra: Any) -> None:
        """Log a warning, once for each stream and kind, with attributes for those that read the log."""
        if (stream, kind) not in self.warned:
            self.warned.add((stream, kind))
            logging.getLogger("airbyte").warning(f"Stream {stream}: {message}", extra=extra)


@dataclass
class SegmentErrorHandler(DefaultErrorHandler):
    """Decide what a response means for its stream, and let the budget follow the rate limit.

    The stock handler hides refusals, takes a broken 200 for an empty list, and follows redirects and repeated pages.
    """

    api_budget: APIBudget = None  # type: ignore[assignment] # set by the CDK
    name: str = ""
    records: str = ""
    requires: str = ""
    is_child: bool = False
    is_list_optional: bool = False

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        super().__post_init__(parameters)
        self.sync: SyncState = vars(self.api_budget).setdefault("sync_state", SyncState())
        self.list = threading.local()  # that a thread is reading: its pages
        self.workers = self.config.get("num_workers", 5)
        self.token_policy: Any = self.api_budget.get_matching_policy(requests.Request("GET", "https://s").prepare())

    def interpret_response(self, response: Any) -> ErrorResolution:
        """The CDK's action for a response or an exception; raises AirbyteTracedException to end the stream."""
        if self.sync.token_error:
            raise self.sync.token_error
        host = urlsplit(str(getattr(getattr(response, "request", None), "url", ""))).netloc
        if not isinstance(response, requests.Response):
            cure = "Check the network, and behind a proxy its settings and certificate (see Troubleshooting)."
            return self._retry("", f"{host} cannot be reached ({type(response).__name__}). {cure}")
        status, self.sync.failures[""] = response.status_code, 0
        if response.history:
            raise failure(CONFIG, f"Segment redirects to {host}. Set region to that of your workspace.")
        self._update_budget(response)
        if status == 200:
            return self._accept(response)
        if status == 429:
            return ErrorResolution(ResponseAction.RATE_LIMITED, TRANSIENT)
        said = f"HTTP {status}: {JsonErrorMessageParser().parse_response_error_message(response) or 'no message'}"
        if status in (401, 403, 404) and response.content.lstrip()[:1] == b"{":
            return self._refuse(response, said)
        expired = self.name, re.sub("cursor=[^&]*", "", str(response.url))
        if status == 422 and "cursor" in said and expired not in self.sync.warned:
            self.sync.warn_once(*expired, "A cursor has expired, so its list is read again from the start.")
            return ErrorResolution(ResponseAction.RESET_PAGINATION)
        if status < 500 and status not in (401, 403, 404, 408):  # without JSON, these come from a gateway
            raise failure(SYSTEM, f"Segment rejected a request of {self.name} ({said}).")
        return self._retry(self.name, f"Segment returned HTTP {status} for {self.name}.")

    def _retry(self, key: str, problem: str, kind: cdk.FailureType = TRANSIENT) -> ErrorResolution:
        """Retry, unless all workers have failed all their tries: each parent would take half a minute."""
        self.sync.failures[key] += 1
        if self.sync.failures[key] > 6 * self.workers:
            raise failure(kind, problem)
        return ErrorResolution(ResponseAction.RETRY, kind, problem)

    def _accept(self, response: requests.Response) -> ErrorResolution:
        """200: the body is what the API promises, or the request is tried again."""
        if problem := self._problem(response):
            if key := getattr(response, "cache_key", None):  # else each try is served the same body
                path = f"{os.environ[constants.ENV_REQUEST_CACHE_PATH]}/{self.name}.sqlite"
                requests_cache.SQLiteCache(path).delete(key)  # type: ignore[attr-defined]
            return self._retry(self.name, f"Segment returned {problem} for {self.name}.", SYSTEM)
        self._settle(response, True, "HTTP 403")
        self.sync.failures[self.name] = 0
        if "cursor=" not in str(response.url):
            self.list.pages = set()
        elif response.url in self.list.pages:
            raise failure(SYSTEM, f"Segment repeated a page of {self.name}: the list would never end.")
        self.list.pages.add(response.url)
        return ErrorResolution(ResponseAction.SUCCESS)

    def _problem(self, response: requests.Response) -> str | None:
        """What is wrong with the body of a 200, if anything."""
        try:
            body, is_repaired = decoded(response)
            rows = body["data"].get(self.records, [] if self.is_list_optional else None)
        except (ValueError, KeyError, TypeError, AttributeError):
            return "a body that is not the JSON of the Segment API"
        rows = rows if self.records else body["data"]
        page_size = next((int(v) for n, v in parse_qsl(urlsplit(str(response.url)).query) if n.endswith("count")), 0)
        is_right_kind = isinstance(rows, list if page_size else (list, dict)) and rows != {}
        if not is_right_kind or not all(isinstance(row, (dict, str)) for row in rows):
            return f"a body without {self.records or 'data'!r}"
        if page_size and len(rows) >= page_size and not any("agination" in name for name in {**body, **body["data"]}):
            self.sync.warn_once(self.name, "cut", f"{page_size} records came without a next page; there may be more.")
        if is_repaired:
            self.sync.warn_once(self.name, "text", "Half characters (surrogates) in a text are replaced by U+FFFD.")
        return None

    def _refuse(self, response: requests.Response, said: str) -> ErrorResolution:
        """401, 403 and 404: the token is dead, the plan lacks something, or a parent is gone."""
        if response.status_code == 404 and self.is_child:
            self._settle(response, None, said)
            message = "Parents that are gone, or have nothing there (HTTP 404), are skipped."
            self.sync.warn_once(self.name, "gone", message)
            return ErrorResolution(ResponseAction.IGNORE, error_message=message)
        sync, (scheme, host, path, *_) = self.sync, urlsplit(str(response.url))
        with sync.lock:  # whether `GET /` refuses the token too; for a 403 or 404 at most twice a minute
            if not sync.token_error and (response.status_code == 401 or time.monotonic() > sync.token_accepted_until):
                headers, no_netrc, root = response.request.headers, lambda request: request, response
                if path not in ("", "/"):
                    root = requests.get(f"{scheme}://{host}/", headers=headers, auth=no_netrc, timeout=30)
                if root.status_code not in (200, 401, 403, 404):
                    return self._retry(self.name, f"Segment returned HTTP {root.status_code} for GET /.")
                sync.token_accepted_until = time.monotonic() + 30
                if root.status_code != 200:
                    sync.token_error = failure(CONFIG, f"{TOKEN_REJECTED} ({said}). Check api_token and region.")
            if sync.token_error:
                raise sync.token_error
        self._settle(response, False, said)
        what, needs = "Some parents are" if self.is_child else "The stream is", self.requires or "more permissions"
        message = f"{what} not available ({said}). It needs {needs}, and a token that may read it."
        if self.config.get("unavailable_streams") == "fail":
            raise failure(CONFIG, f"Stream {self.name}: {message}")
        self.sync.warn_once(self.name, "refused", message, refused={self.name: needs})
        return ErrorResolution(ResponseAction.IGNORE, error_message=message)

    def _settle(self, response: requests.Response, is_read: bool | None, said: str) -> None:
        """Raise if pages or windows of one list are both read and refused: the state would pass over the latter."""
        url = urlsplit(str(response.url))
        varying = r"(^|[.])(count|cursor)$|^(startTime|endTime|period)$"
        path_and_query = url.path, *(pair for pair in parse_qsl(url.query) if not re.search(varying, pair[0]))
        if self.sync.verdicts.setdefault((self.name, hash(path_and_query)), is_read) != is_read:
            raise failure(CONFIG, f"Segment refused a part of {self.name} ({said}). Check the token's permissions.")

    def _update_budget(self, response: requests.Response) -> None:
        """Let all workers wait for a rate limit that a response announces: the stock budget cannot read its dates."""
        headers, status = response.headers, response.status_code
        if status == 429 and (policy := self.api_budget.get_matching_policy(response.request)) is not self.token_policy:
            policy.update(0, None)  # type: ignore[union-attr] # this operation waits for a minute of its own
        elif status == 429:
            seconds = min(int(text), 1800) if (text := headers.get("Retry-After", "")).isdigit() else 30
            self.sync.paused_until = time.monotonic() + seconds
            self.token_policy.update(0, datetime.now() + timedelta(seconds=seconds))
        elif time.monotonic() >= self.sync.paused_until and not getattr(response, "from_cache", False):
            with suppress(KeyError, ValueError, TypeError):  # a response from before says nothing about this window
                reset, now = (parsedate_to_datetime(headers[name]) for name in ("X-RateLimit-Reset", "Date"))
                remaining = int(headers["X-RateLimit-Remaining"]) - self.workers + 1  # others are under way
                self.token_policy.update(max(remaining, 0), datetime.now() + min(reset - now, timedelta(minutes=5)))


@dataclass
class DistinctParentRouter(cdk.SubstreamPartitionRouter):
    """One partition for each distinct parent: the stock router reads below a parent as often as it is listed.

    It also reads below parents that lack a needed field, and lets the workers wait for the limit of a slow operation.
    """

    api_budget: APIBudget = None  # type: ignore[assignment] # set by the CDK
    name: str = ""
    requests_per_minute: int = 0

    def stream_slices(self) -> Iterable[cdk.StreamSlice]:
        """The stock slices; those of a slow operation at its pace, and until it is refused."""
        seen, sync = set[str](), vars(self.api_budget).setdefault("sync_state", SyncState())
        for parent in super().stream_slices():
            identity = repr(parent.partition)
            if identity in seen or any(v in (None, "") for v in [*parent.values(), *parent.extra_fields.values()]):
                continue
            if seen and self.requests_per_minute:
                time.sleep(60 / self.requests_per_minute)
                if {v for (name, _), v in list(sync.verdicts.items()) if name == self.name} == {False}:
                    return
            seen.add(identity)
            yield parent


@dataclass
class StateStart(StateMigration):
    """Start at the first month or day that may have changed: a stock look-back moves on when one of its slices fails.

    Parents that are new start at the start date, not at the newest state of all: their list may have failed half way.
    """

    cursor_field: str
    late_days: int = 0
    format: str = ""  # of the moved state; none to leave it where it is

    def should_migrate(self, stream_state: Mapping[str, Any]) -> bool:
        """Whether there is a state of this cursor; the CDK keeps another one for more than 10,000 parents."""
        return not stream_state.keys().isdisjoint({self.cursor_field, "states"})

    def migrate(self, stream_state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state to start from; raises a config error if the saved one is broken."""
        try:
            if "states" not in stream_state:
                return self._start(stream_state)
            return {"states": [{**s, "cursor": self._start(s["cursor"])} for s in stream_state["states"]]}
        except (KeyError, TypeError, ValueError, OverflowError):
            message = f"The saved state {dict(stream_state)} has no valid {self.cursor_field}"
            raise failure(CONFIG, f"{message[:300]}. Correct it, or reset the stream.") from None

    def _start(self, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        moment = datetime.fromisoformat(cursor[self.cursor_field]) - timedelta(days=self.late_days)
        return {**cursor, self.cursor_field: moment.strftime(self.format)} if self.format else cursor


@dataclass
class StartDateValidator(ValidationStrategy):
    """Reject a start date that is no date in the past: the CDK checks no more than a pattern."""

    def validate(self, value: Any) -> None:
        """Raise a config error unless the value is a date from 2000 to today."""
        with suppress(ValueError, TypeError):
            if date(2000, 1, 1) <= date.fromisoformat(value) <= datetime.now(UTC).date():
                return
        raise failure(CONFIG, "start_date must be a date in the past such as 2024-01-31, and not before 2000.")


def redact(value: Any, in_settings: bool = False, is_secret: bool = False) -> Any:
    """Mask what may be secret and keep the structure; BEHAVIOR.md has the rules."""
    if isinstance(value, dict):
        label = str(value.get("key") or value.get("name") or "")  # of the `value` beside it
        is_secret = is_secret or (in_settings and "value" in value and bool(SECRET.search(label)))
        for name, part in value.items():
            hides = name in ("writeKeys", "encryptedSettings") or (in_settings and bool(SECRET.search(name)))
            value[name] = redact(part, in_settings or bool(SETTINGS.search(name)), is_secret or hides)
    elif isinstance(value, list):
        value[:] = [redact(part, in_settings, is_secret) for part in value]
    elif value is not None and not isinstance(value, bool):
        has_password = in_settings and re.search(r"://[^\s?#]*@", str(value))
        return "[redacted]" if is_secret or has_password else value
    return value


class Timestamp(str):
    """An ISO time that the stock cursor reads as a number (`%ms`): its `strptime` takes a tenth of a sync."""

    def __int__(self) -> int:
        return int(datetime.fromisoformat(self).timestamp() * 1000)


@dataclass
class SegmentRecordExtractor(cdk.RecordExtractor):
    """Turn a response into records in one pass: the stock extractor visits every value of the whole body."""

    config: Mapping[str, Any]
    primary_key: list[str]
    records: str = ""
    explode: str = ""  # list in a row, of which each entry becomes a record with the fields of the row
    integers: list[str] = field(default_factory=list)  # fields that the API sends as text
    fields_beside: list[str] = field(default_factory=list)  # of `data`, beside the records
    request_fields: list[str] = field(default_factory=list)  # parameters of the request
    timestamp: str = ""  # cursor field of a large stream

    def extract_records(self, response: requests.Response) -> Iterator[dict[str, Any]]:
        """Yield the records of a response that `SegmentErrorHandler` has accepted."""
        data, content = decoded(response)[0]["data"], response.content
        if self.integers:
            text = rb'"(%s)":\s*"(-?(?:0|[1-9]\d*))"' % "|".join(self.integers).encode()
            data = parsed(re.sub(text, lambda match: b'"%s":%s' % match.groups(), content))[0]["data"]
        rows = data.get(self.records, []) if self.records else data
        rows = [rows] if isinstance(rows, dict) else rows
        lower = content.lower() if self.config.get("redact_secrets", True) else b""
        if any(mark in lower for mark in (b'settings"', b'configuration"', b'"writekeys"')):
            redact(rows)
        query = dict(parse_qsl(urlsplit(str(response.url)).query)) if self.request_fields else {}
        added = {n: data[n] for n in self.fields_beside if n in data} | {n: query[n] for n in self.request_fields}
        for row in self._exploded(rows) if self.explode else rows:
            record = row if isinstance(row, dict) else {self.primary_key[-1]: row}  # such as an e-mail address
            record.update(added)
            if isinstance(record.get(self.timestamp), str):
                record[self.timestamp] = Timestamp(record[self.timestamp])
            record.update({key: "" for key in self.primary_key if record.get(key) is None})  # a null is never merged
            yield record

    def _exploded(self, rows: Iterable[dict[str, Any]]) -> Iterator[Any]:
        for row in rows:  # of which `total` and `totalRetryCount` are sums of the entries
            shared = {n: v for n, v in row.items() if n not in (self.explode, "total", "totalRetryCount")}
            for entry in row.get(self.explode) or ():
                yield shared | (entry if isinstance(entry, dict) else {self.primary_key[-1]: entry})


@dataclass
class AddParentIds(cdk.RecordTransformation):
    """Add the ids of the parents to a record: stock `AddFields` makes the number 100000.0 of an id 1e5."""

    def transform(self, record: Any, config: Any = None, stream_state: Any = None, stream_slice: Any = None) -> None:
        """Copy the values of the slice and of its parents, but for the bounds of a window."""
        values = {**stream_slice, **stream_slice.extra_fields} if stream_slice else None
        while values:
            record.update({name: values[name] for name in values.keys() - {"parent_slice", "start_time", "end_time"}})
            values = values.get("parent_slice")
