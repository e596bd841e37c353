"""What the manifest cannot say: one class for each need, in the order in which a sync meets them.

Self-contained and without postponed annotations on purpose: the same file also runs in Airbyte's
`source-declarative-manifest` image and in the Connector Builder, which load it on its own.
A stream's `endpoint` in the manifest, which most of these classes read, is explained there.
"""

import copy
import email.utils
import itertools
import json
import logging
import random
import re
import threading
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import requests
from airbyte_cdk.models import (
    AirbyteMessageSerializer,
    AirbyteStreamStatus,
    AirbyteStreamStatusReason,
    AirbyteStreamStatusReasonType,
    FailureType,
    StreamDescriptor,
)
from airbyte_cdk.sources.declarative.extractors import record_extractor
from airbyte_cdk.sources.declarative.migrations.state_migration import StateMigration
from airbyte_cdk.sources.declarative.partition_routers import SubstreamPartitionRouter
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.declarative.requesters.error_handlers import DefaultErrorHandler
from airbyte_cdk.sources.declarative.requesters.paginators import DefaultPaginator
from airbyte_cdk.sources.declarative.requesters.paginators.strategies import pagination_strategy
from airbyte_cdk.sources.declarative.retrievers import retriever
from airbyte_cdk.sources.declarative.transformations.config_transformations import (
    config_transformation,
)
from airbyte_cdk.sources.declarative.validators.validation_strategy import ValidationStrategy
from airbyte_cdk.sources.streams import call_rate
from airbyte_cdk.sources.streams.http.error_handlers.response_models import (
    SUCCESS_RESOLUTION,
    ErrorResolution,
    ResponseAction,
)
from airbyte_cdk.sources.streams.http.pagination_reset_exception import (
    PaginationResetRequiredException,
)
from airbyte_cdk.sources.types import Record, StreamSlice
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

logger = logging.getLogger("airbyte")
Json = dict[str, Any]
CONFIG, SYSTEM = FailureType.config_error, FailureType.system_error
TRANSIENT = FailureType.transient_error
HOSTS = {"us": "https://api.segmentapis.com", "eu": "https://eu1.api.segmentapis.com"}
PAGING = "pagination."  # prefix of `count` and `cursor` in the query
PROBLEM, RUN = "__problem", "__run"  # keys that `Config` adds to the config
OPTIONS: dict[str, tuple[Any, Any]] = {  # default and allowed values
    "num_workers": (5, range(2, 41)),
    "page_size": (None, range(1, 1001)),
    "unavailable_streams": ("skip", ("skip", "fail")),
    "redact_secrets": (True, (True, False)),
}


def failure(kind: FailureType, message: str) -> AirbyteTracedException:
    """The exception that ends a stream with one sentence for the user."""
    return AirbyteTracedException(message=message, internal_message=message, failure_type=kind)


def utc(text: str) -> datetime:
    """An ISO-8601 date or date-time as UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """A UTC time as the API writes it, with milliseconds and a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# ------------------------------------------------------------------------------- configuration


class Config(config_transformation.ConfigTransformation):
    """Normalise the config, or tell what is wrong in a sentence that names the field.

    The CDK's transformations cannot parse dates, and its schema messages name no field; delete
    both classes when they do. An unusable config is replaced by one that passes the schema and
    carries the sentence, which `ConfigProblem` raises.
    """

    def transform(self, config: MutableMapping[str, Any]) -> None:
        """Change `config` in place, and add the `Run` that all components of a sync share."""
        try:
            given = {name: value for name, value in config.items() if value is not None}
            config.clear()
            config.update({n: d for n, (d, _) in OPTIONS.items() if d is not None} | given)
            for name, (_, allowed) in OPTIONS.items():
                value = config.get(name, allowed[0])
                if type(value) is not type(allowed[0]) or value not in allowed:
                    raise ValueError(f"{name} must be {self._one_of(allowed)}, not {value!r}.")
            region = self._text({"region": "us", **config}, "region").lower() or "us"
            config["region"] = {"api": "us", "eu1": "eu"}.get(region, region)
            if config["region"] not in HOSTS:
                raise ValueError(f"region must be us or eu, not {region!r}.")
            config["api_token"] = self._token(self._text(config, "api_token"))
            config["start_date"] = self._start_date(self._text(config, "start_date"))
            url = self._text({"api_url": "", **config}, "api_url")
            config["api_url"] = self._url(url or HOSTS[config["region"]])
            config[PROBLEM] = ""
        except ValueError as error:
            config.clear()
            config.update(api_token="", start_date="2000-01-01T00:00:00Z")
            config[PROBLEM] = str(error)
        config[RUN] = Run()

    @staticmethod
    def _one_of(allowed: Any) -> str:
        if isinstance(allowed, range):
            return f"a whole number from {allowed[0]} to {allowed[-1]}"
        return " or ".join(str(value).lower() for value in allowed)

    @staticmethod
    def _text(config: Mapping[str, Any], name: str) -> str:
        if config.get(name) is None:
            raise ValueError(f"{name} is missing: it is required.")
        if not isinstance(config[name], str):
            raise ValueError(f"{name} must be a text, not {type(config[name]).__name__}.")
        return str(config[name]).strip()

    @staticmethod
    def _token(text: str) -> str:
        token = re.sub(r"(?i)^bearer(\s+|$)", "", text)
        if not token:
            raise ValueError("api_token is empty: enter a Segment Public API token.")
        if len(token) < 8:
            raise ValueError("api_token is too short to be one: copy it again.")
        if not re.fullmatch(r"[!-~]+", token):
            raise ValueError(
                "api_token holds spaces, line breaks or other characters that no token has: "
                "copy it again, as one line."
            )
        return token

    @staticmethod
    def _start_date(text: str) -> str:
        try:
            moment = utc(re.sub(r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\1-\2", text))
        except (ValueError, OverflowError):
            raise ValueError(
                f"start_date {text!r} is no date: enter one such as 2024-01-31 (or 01/31/2024, or "
                "2024-01-31T00:00:00Z)."
            ) from None
        if moment > datetime.now(UTC):
            raise ValueError(f"start_date {text!r} lies in the future: enter a past date.")
        if moment.year < 2000:
            raise ValueError(f"start_date {text!r} lies before 2000: enter a later date.")
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def _url(text: str) -> str:
        try:
            url = urlsplit(text)
            url.port  # noqa: B018 - raises ValueError if it is no number
            local = url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1")
            if re.fullmatch(r"[\w.:\[\]-]+", url.netloc) and (local or url.scheme == "https"):
                return text.rstrip("/")
        except ValueError:
            pass
        raise ValueError(
            "api_url must be an address that starts with https and holds no user name: the token "
            "travels with each request, so only this machine itself may be reached without "
            "encryption."
        )


class ConfigProblem(ValidationStrategy):
    """Raise what `Config` found; see there."""

    def validate(self, value: Any) -> None:
        """Raise the sentence, if there is one, as a config error."""
        if value:
            raise failure(CONFIG, f"Config: {value}")


# ------------------------------------------------------- what the workers of one sync share


class Listing:
    """What a list has shown so far, carried from page to page by its cursor.

    The CDK emits a row again that moved to a later page while the list was read, or that comes
    again because an expired cursor made the list start anew. Here it is recognised. `params` are
    those of the first request: a cursor is only valid with the same ones.
    """

    def __init__(self, params: Json | None) -> None:
        self.params = params
        self.rows: set[int] = set()
        self.cursors: set[str] = set()
        self.restarts = 0

    def is_new(self, row: Any) -> bool:
        """Whether an equal row has not been seen before; remembers it."""
        known = len(self.rows)
        self.rows.add(hash(orjson.dumps(row)))
        return len(self.rows) > known


class Cursor(str):
    """An opaque page cursor that knows its listing."""

    listing: Listing

    def __deepcopy__(self, _: Any) -> "Cursor":
        """Itself: the CDK copies the parameters of each request."""
        return self


class Pages:
    """Fetch each page of a list once, however many streams read it at the same time.

    The CDK's response cache fetches a page once for each thread, is off for custom requesters
    (7.39.1), and lies on disk. Bodies stay compressed in memory until the last reader has had
    them, up to `LIMIT` bytes; what does not fit is fetched again.
    """

    LIMIT = 64 * 2**20

    def __init__(self) -> None:
        self.readers: Counter[str] = Counter()  # list -> number of streams that read it
        self._pages: dict[Any, tuple[Future[Any], int]] = {}
        self._lock, self._size = threading.Lock(), 0

    def get(self, name: str, key: Any, fetch: Callable[[], requests.Response]) -> requests.Response:
        """The response to a request of the list `name`; raises to each reader what `fetch` did."""
        key = name, key
        with self._lock:
            is_first = key not in self._pages
            page, left = self._pages.pop(key, (Future[Any](), self.readers[name]))
            if left > 1:
                self._pages[key] = page, left - 1
        if is_first:
            try:
                response = fetch()
            except BaseException as error:
                page.set_exception(error)
                raise
            page.set_result(self._packed(response) if left > 1 else None)
            return response
        head, body = page.result()
        if left == 1 and body:
            with self._lock:
                self._size -= len(body)
        if body is None:
            return fetch()
        unpacked: requests.Response = copy.copy(head)
        unpacked._content = zlib.decompress(body)
        return unpacked

    def _packed(self, response: requests.Response) -> tuple[requests.Response, bytes | None]:
        head = copy.copy(response)
        head._content = b""
        body = zlib.compress(response.content, 1) if self._size < self.LIMIT else None
        self._size += len(body or b"")
        return head, body


class Run(dict[str, Any]):
    """The state that all streams of one sync share; an empty dict where the config is written."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.pages, self.gate = Pages(), Gate()
        self.pacers: dict[str, Pacer] = {}
        self.answered: set[str] = set()  # streams and series (see `_series`) that got a 200
        self.refused_series: set[str] = set()
        self.refused: dict[str, list[str]] = defaultdict(list)  # stream -> Segment's words
        self.missing: Counter[str] = Counter()  # stream -> parents that were gone
        self.unavailable: dict[str, str] = {}  # stream -> why it is not read any more
        self.dead: AirbyteTracedException | None = None  # the token is refused everywhere
        self.alive_until = 0.0  # monotonic seconds up to which the token need not be tried again
        self.tries = 6  # of one request, not counting waits for a rate limit
        self.here = threading.local()  # `waits` of the request that this thread sends

    def token_is_alive(self, api_url: str, refused: requests.Response) -> bool:
        """Whether `GET /` accepts the token of a refused request; asked at most twice a minute."""
        with self.lock:
            if time.monotonic() >= self.alive_until:
                try:
                    answer = requests.get(
                        f"{api_url}/",
                        headers=refused.request.headers,
                        timeout=30,
                        allow_redirects=False,
                    )
                except requests.RequestException:
                    return True  # not known: the next request will tell
                if answer.status_code in (401, 403):
                    return False
                self.alive_until = time.monotonic() + 30
            return True


class Gate:
    """One rate limit: how many requests are left, until when, and the pause that a 429 asked for.

    After a pause one request at a time finds out whether the limit is over.
    """

    def __init__(self) -> None:
        self.remaining: int | None = None
        self.resets = self.paused = self.probed = self.announced = 0.0  # unix seconds
        self.pauses = 0  # in a row
        self.early = 0  # requests let go before anything was known of the present window

    def wait(self) -> float:
        """Take one request and return 0, or return the seconds until there may be one."""
        now = time.time()
        if now < max(self.paused, self.probed):
            return max(self.paused, self.probed) - now
        if self.paused:
            self.probed = now + 5
        if self.remaining is None or now >= self.resets:
            self.early += 1
            return 0.0
        self.remaining -= 1
        return 0.0 if self.remaining >= 0 else self.resets - now

    def learn(self, response: requests.Response) -> None:
        """Take over what a response tells (`X-RateLimit-*`, `Reset` being an RFC 5322 date)."""
        if response.status_code != 429 and time.time() >= self.paused:
            self.paused, self.probed, self.pauses = 0.0, 0.0, 0
        try:
            remaining = int(response.headers["X-RateLimit-Remaining"])
            consumed = int(response.headers["X-RateLimit-Consumed"])
            reset = response.headers["X-RateLimit-Reset"]
            resets = email.utils.parsedate_to_datetime(reset).timestamp()
        except (KeyError, ValueError):
            return
        if resets > self.resets:
            self.resets, self.remaining = resets, remaining - max(0, self.early - consumed)
            self.early = 0
        elif resets == self.resets:
            self.remaining = min(self.remaining or 0, remaining)


class Pacer(call_rate.AbstractAPIBudget):
    """Pace the requests of one operation under its own limit and the token's.

    `HTTPAPIBudget` cannot read Segment's date in `X-RateLimit-Reset` (7.39.1 raises ValueError),
    needs a fixed limit beforehand, and waits in silence. Delete when it does all three.
    """

    MINUTE = 61.0  # one more second: requests do not arrive when they are let go

    def __init__(self, run: Run, name: str, limit: int | None) -> None:
        self._run, self._name, self._reserved, self._waiting = run, name, 0, 0
        self.gate = Gate() if limit else run.gate
        rate = call_rate.Rate(limit or 1, timedelta(seconds=self.MINUTE))
        self._own = call_rate.MovingWindowCallRatePolicy([rate], []) if limit else None

    def reserve(self) -> None:
        """Wait for the operation's own limit before a partition is handed to a worker.

        So a slow operation holds one thread, and not all the workers.
        """
        if self._own and self._name not in self._run.unavailable:
            while self._waiting:  # for the next pages of earlier partitions
                time.sleep(1)
            self._take_own()
            with self._run.lock:
                self._reserved += 1

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:
        """Wait until the request may be sent; called by the CDK's session before each try."""
        with self._run.lock:
            reserved, self._reserved = self._reserved, max(0, self._reserved - 1)
            self._waiting += not reserved
        if not reserved:
            self._take_own()
            with self._run.lock:
                self._waiting -= 1
        for gate in (self.gate, self._run.gate)[self._own is None :]:
            while seconds := self._try(gate):
                self._wait(seconds)

    def update_from_response(self, request: Any, response: Any) -> None:
        """Learn the token's limit from the headers; called by the CDK's session."""
        with self._run.lock:
            for gate in {self.gate, self._run.gate}:
                gate.learn(response)

    def get_matching_policy(self, request: Any) -> call_rate.AbstractCallRatePolicy | None:
        """The policy of the operation's own limit."""
        return self._own

    def _try(self, gate: Gate) -> float:
        with self._run.lock:
            return gate.wait()

    def _take_own(self) -> None:
        while self._own:
            try:
                return self._own.try_acquire(None, 1)
            except call_rate.CallRateLimitHit as hit:
                self._wait(max(hit.time_to_wait.total_seconds(), 0.001))
        return None

    def _wait(self, seconds: float) -> None:
        """Sleep, at most half a minute at a time, and say so."""
        now = time.time()
        with self._run.lock:
            if due := seconds > 1 and now - self.gate.announced >= 30:
                self.gate.announced = now
        if due:
            until = datetime.fromtimestamp(now + seconds, UTC).strftime("%H:%M:%S")
            logger.info(
                f"Waiting {seconds:.0f} s for the rate limit of {self._name} (until {until} UTC)."
            )
            reason = AirbyteStreamStatusReason(type=AirbyteStreamStatusReasonType.RATE_LIMITED)
            stream = StreamDescriptor(name=self._name)
            status = as_airbyte_message(stream, AirbyteStreamStatus.RUNNING, [reason])
            line = orjson.dumps(AirbyteMessageSerializer.dump(status)).decode() + "\n"
            print(line, end="", flush=True)  # one write: other threads print too
        time.sleep(min(seconds, 30))


# ------------------------------------------------------------------------------------ requests


def slice_values(stream_slice: StreamSlice | None) -> Json:
    """All values of a slice by name: those of its parents, its own, extra fields, time window."""
    values: Json = {}
    partition: Any = stream_slice.partition if stream_slice else None
    while partition:
        values = {**partition, **values}
        partition = partition.get("parent_slice")
    values.pop("parent_slice", None)
    if stream_slice:
        values.update(stream_slice.extra_fields, **stream_slice.cursor_slice)
    return values


@dataclass
class Requester(HttpRequester):
    """Send what the stream's `endpoint` describes.

    The stock requester evaluates ids as jinja (`1e5` becomes a number, `/` changes the path),
    follows redirects to other hosts, takes no shared pacer and does not share parent pages.
    """

    endpoint: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._run: Run = self.config[RUN]
        self._run.pages.readers[self.name] += 1
        self.api_budget = self._run.pacers.setdefault(
            self.name, Pacer(self._run, self.name, self.endpoint.get("limit"))
        )
        self.use_cache = False
        super().__post_init__(parameters)

    def send_request(  # type: ignore[override]
        self,
        *,
        stream_slice: StreamSlice | None = None,
        next_page_token: Mapping[str, Any] | None = None,
        request_params: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> requests.Response | None:
        """The response, with `values` of the request and the `listing` on it; None: nothing to ask.

        Raises AirbyteTracedException where `ErrorHandler` gives up.
        """
        if self._run.dead:
            raise self._run.dead
        now = datetime.now(UTC)
        values = {"start_date": self.config["start_date"], "now": iso(now)}
        values |= slice_values(stream_slice)
        asked, paging = request_params or {}, self.endpoint.get("paging", PAGING)
        params = {n: t.format_map(values) for n, t in self.endpoint.get("params", {}).items()}
        series = self._url_of(values), tuple(sorted(params.items()))
        token: Cursor | None = (next_page_token or {}).get("next_page_token")
        listing = token.listing if token else Listing(self._clamped(params, now))
        if self.name in self._run.unavailable or listing.params is None:
            return None
        params = dict(listing.params)
        if paging is not None:
            params |= {n.replace(PAGING, paging): v for n, v in asked.items()}

        def fetch() -> requests.Response:
            self._run.here.waits = 0
            return self._http_client.send_request(
                "GET",
                series[0],
                request_kwargs={"allow_redirects": False},
                params=params,
            )[1]

        try:
            # A list that started anew is no longer the one that others read.
            alone = bool(listing.restarts)
            response = fetch() if alone else self._run.pages.get(self.name, (series, token), fetch)
        except PaginationResetRequiredException:  # the first page again; the CDK does that once
            listing.restarts += 1
            listing.cursors.clear()
            if listing.restarts > 3:
                message = f"Segment expired the page cursors of {self.name} again and again."
                raise failure(TRANSIENT, message) from None
            params.pop(f"{paging}cursor")
            response = fetch()
        response.values, response.listing = values | params, listing  # type: ignore[attr-defined]
        return response

    def _url_of(self, values: Mapping[str, Any]) -> str:
        safe = {name: quote(str(value), safe="") for name, value in values.items()}
        path = str(self.endpoint["path"]).format_map(safe)
        if {".", ".."} & set(path.split("/")):
            raise failure(SYSTEM, f"Segment lists an id for {self.name} that would leave its path.")
        return str(self.config["api_url"]) + path

    def _clamped(self, params: Json, now: datetime) -> Json | None:
        """The parameters with a time window that the API answers; None: nothing is left of it."""
        if "startTime" not in params:
            return params
        start, end = utc(params["startTime"]), utc(params["endTime"])
        if self.endpoint.get("since"):
            # It is not documented whether the bounds are included; `since` drops what is too much.
            start, end = start - timedelta(milliseconds=1), end + timedelta(milliseconds=1)
        if self.endpoint.get("history"):
            oldest = now - timedelta(days=self.endpoint["history"])
            if "granularity" in params:  # whole days only
                oldest = utc((oldest + timedelta(days=1)).date().isoformat())
            start = max(start, oldest)
        return {**params, "startTime": iso(start), "endTime": iso(end)} if start < end else None


# -------------------------------------------------------------------------------------- faults


def response_data(response: requests.Response) -> Any:
    """What stands at `data` of a body, parsed once; raises ValueError if there is no such thing."""
    if "data" not in response.__dict__:
        try:
            body = orjson.loads(response.content)
        except ValueError:  # such as half a surrogate pair in a name, which is JSON all the same
            body = json.loads(response.content)
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict):
            raise ValueError("no data")
        response.data = data  # type: ignore[attr-defined]
    return response.data  # type: ignore[attr-defined]


def words(response: requests.Response) -> str:
    """Status and Segment's own words in an error body, every entry of `errors`."""
    try:
        errors = orjson.loads(response.content)["errors"]
        said = "; ".join(str(e.get("message") or e["type"]) for e in errors)[:1000]
    except (ValueError, KeyError, TypeError, AttributeError):
        said = "no message"
    return f"{response.status_code}: {said}"


@dataclass
class ErrorHandler(DefaultErrorHandler):
    """Decide what an answer means by status, stream, and what was answered before.

    The stock handler knows neither stream nor history, hides a refusal behind IGNORE or ends the
    sync, takes a broken body for an empty one, and gives up on a rate limit after 600 s.
    """

    name: str = ""
    endpoint: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        super().__post_init__(parameters)
        self._run: Run = self.config[RUN]
        self._is_child = "Id}" in self.endpoint["path"] + str(self.endpoint.get("params"))
        self.backoff_strategies = [self]  # type: ignore[list-item]
        self.max_retries = self.max_time = 10**9  # `backoff_time` counts the tries

    def interpret_response(
        self, response_or_exception: requests.Response | Exception | None
    ) -> ErrorResolution:
        """The CDK's action for an answer; raises AirbyteTracedException to end the stream."""
        if not isinstance(response_or_exception, requests.Response):
            return self._unreachable(response_or_exception)
        response, status = response_or_exception, response_or_exception.status_code
        if status == 200:
            return self._answered(response)
        if status == 429:
            gate, now = self._run.pacers[self.name].gate, time.time()
            with self._run.lock:
                gate.pauses += now >= gate.paused  # once for all requests that were under way
                gate.probed = 0.0
                gate.paused = max(gate.paused, now + self._asked_wait(response, gate.pauses))
            return ErrorResolution(ResponseAction.RATE_LIMITED, TRANSIENT)
        if status in (401, 403) or (status == 404 and not self._is_child):
            return self._refused(response)
        if status == 404:
            self._run.missing[self.name] += 1
            return self._skip(f"{self.name}: a parent was deleted meanwhile and is skipped.")
        if status == 422 and "cursor=" in str(response.request.url) and "cursor" in response.text:
            return ErrorResolution(ResponseAction.RESET_PAGINATION)
        if 300 <= status < 400:
            to = urlsplit(response.headers.get("Location", "")).netloc
            raise failure(
                CONFIG,
                f"{self.config['api_url']} redirects to {to!r}, where the connector does not take "
                "your token: choose the workspace's region.",
            )
        if 400 <= status < 500 and status != 408:
            raise failure(
                SYSTEM, f"Segment rejected a request of {self.name} (HTTP {words(response)})"
            )
        message = f"Segment answered {self.name} with HTTP {status}"
        return ErrorResolution(ResponseAction.RETRY, TRANSIENT, message)

    def backoff_time(
        self,
        response_or_exception: requests.Response | requests.RequestException | None,
        attempt_count: int = 0,
    ) -> float | None:
        """None leaves the wait to the CDK's exponential back-off; after a 429 the pacer waits.

        Raises AirbyteTracedException when a request has failed too often.
        """
        if getattr(response_or_exception, "status_code", None) == 429:
            self._run.here.waits += 1
            return 0.01
        if (tries := attempt_count - self._run.here.waits) < self._run.tries:
            return None
        last = self.interpret_response(response_or_exception)
        raise failure(last.failure_type or TRANSIENT, f"{last.error_message} ({tries} tries).")

    def _answered(self, response: requests.Response) -> ErrorResolution:
        if flaw := self._flaw(response):
            message = f"Segment answered {self.name} with {flaw}"
            return ErrorResolution(ResponseAction.RETRY, SYSTEM, message)
        with self._run.lock:
            if (series := self._series(response)) in self._run.refused_series:
                self._run.refused.pop(self.name, None)
                raise self._changed("refused and answered at the same time")
            self._run.answered |= {self.name, series}
        return SUCCESS_RESOLUTION

    def _flaw(self, response: requests.Response) -> str | None:
        """What is wrong with the body of a 200, if anything."""
        try:
            data = response_data(response)
        except ValueError:
            return "a body that is not the JSON of the Segment API"
        key, wanted = self.endpoint.get("records"), str if self.endpoint.get("wrap") else dict
        rows = data.get(key) if key else data
        if not key or self.endpoint.get("single"):
            return None if rows and isinstance(rows, dict) else f"a body without {key or 'data'!r}"
        if not isinstance(rows, list):
            return f"a body without {key!r}"
        if not all(isinstance(row, wanted) for row in rows):
            return f"entries of {key!r} that are no records"
        if not isinstance(data.get("pagination") or {}, dict):
            return "a pagination that is no object"
        return None

    def _asked_wait(self, response: requests.Response, pauses: int) -> float:
        """Seconds that a 429 asks for: Retry-After, msBeforeNext, or ever more with jitter."""
        try:
            after = response.headers["Retry-After"]
            if after.isdigit():
                return min(float(after), 86400.0)
            return email.utils.parsedate_to_datetime(after).timestamp() - time.time()
        except (KeyError, ValueError):
            pass
        try:
            return float(orjson.loads(response.content)["errors"][0]["data"]["msBeforeNext"]) / 1000
        except (ValueError, KeyError, TypeError, IndexError):
            return float(min(2**pauses, 60)) * random.uniform(0.5, 1)  # noqa: S311

    def _unreachable(self, error: Exception | None) -> ErrorResolution:
        host = self.config["api_url"]
        if isinstance(error, requests.exceptions.SSLError):
            raise failure(
                CONFIG,
                f"The TLS certificate of {host} could not be verified: check for a proxy that "
                "intercepts connections, and its certificate authority.",
            )
        slow = isinstance(error, requests.Timeout)
        what = "did not answer in time" if slow else "cannot be reached"
        message = f"{host} {what} ({self.name}): check the network and api_url"
        return ErrorResolution(ResponseAction.RETRY, TRANSIENT, message)

    def _refused(self, response: requests.Response) -> ErrorResolution:
        """401 and 403, and 404 on a whole list: lack of a plan or permission, or a dead token."""
        run, said = self._run, words(response)
        if response.status_code == 401 and not run.token_is_alive(self.config["api_url"], response):
            if run.answered:
                raise failure(
                    CONFIG,
                    f"The API token stopped working while {self.name} was read ({said}): "
                    "it was revoked or changed.",
                )
            run.dead = failure(
                CONFIG,
                f"Segment refused the API token ({said}). Enter a valid Public API token, and "
                f"check the region: this connection uses {self.config['region'].upper()}.",
            )
            raise run.dead
        message = self.unavailable(self.name, self.endpoint, said)
        with run.lock:
            if (series := self._series(response)) in run.answered:
                raise self._changed(said)
            if self.config["unavailable_streams"] == "fail":
                raise failure(CONFIG, message)
            run.refused_series.add(series)
            run.refused[self.name].append(said)
            # At two requests a minute it would take hours to try each parent.
            if self._is_child and (self.endpoint.get("limit") or 60) > 10:
                return self._skip(f"{self.name}: one parent is refused and skipped ({said}).")
            run.unavailable[self.name] = message
        return self._skip(message)

    def _series(self, response: requests.Response) -> str:
        """What is refused or answered as a whole: the stream, or what it reads of one parent."""
        if not self._is_child:
            return self.name
        window = r"(startTime|endTime|[\w.]*(count|cursor))=[^&]*&?"
        return self.name + re.sub(window, "", str(response.request.url))

    def _changed(self, said: str) -> AirbyteTracedException:
        return failure(
            CONFIG,
            f"Segment refused {self.name} after it had answered before ({said}): "
            "the token was revoked or its permissions changed.",
        )

    @staticmethod
    def unavailable(name: str, endpoint: Mapping[str, Any], said: str) -> str:
        """Why a stream cannot be read, and what to do."""
        needs = endpoint.get("requires", "a permission that this token lacks")
        return (
            f"Stream {name} is not available: it needs {needs}. Segment answered {said}. "
            "Deselect it, or give the workspace or token what it needs."
        )

    @staticmethod
    def _skip(message: str) -> ErrorResolution:
        return ErrorResolution(ResponseAction.IGNORE, error_message=message)


# --------------------------------------------------------------------------- pages and records


@dataclass
class CursorPagination(pagination_strategy.PaginationStrategy):
    """Follow Segment's cursors, and stop at one that comes again.

    The stock strategy evaluates a cursor as jinja (`1e5` becomes a number), parses each body a
    second time, and follows a repeated cursor for ever.
    """

    config: Mapping[str, Any]
    endpoint: Mapping[str, Any]

    @property
    def initial_token(self) -> Any | None:
        """None: the first request has no cursor."""
        return None

    def next_page_token(self, response: requests.Response, *_: Any, **__: Any) -> Cursor | None:
        """The next cursor; None at the end, which the API writes as null, empty, or not at all."""
        key = (self.endpoint.get("paging") or PAGING).rstrip(".")
        following = (response_data(response).get(key) or {}).get("next")
        if following is None or following == "":
            return None
        cursor = Cursor(following)
        cursor.listing = response.listing  # type: ignore[attr-defined]
        if cursor in cursor.listing.cursors:
            raise failure(SYSTEM, "Segment repeated a page cursor: the list would never end.")
        cursor.listing.cursors.add(str(following))  # no cycle, which would stay in memory
        return cursor

    def get_page_size(self) -> int:
        """Records a page: the option, else the endpoint's; 200 is the API's own default."""
        wanted = self.config.get("page_size") or self.endpoint.get("page_size", 200)
        return int(min(wanted, self.endpoint.get("max_page_size", 1000)))


SECRET = re.compile(r"(?i)key|secret|token|pass|pwd|auth|cred|private|cert|sign|dsn|salt|webhook")
SETTINGS = re.compile(r"(?i)(settings|configuration)$")
ALL_SECRET = {"writeKeys", "encryptedSettings"}
MASK = "[redacted]"


def redact(value: Any, *, inside: bool = False, secret: bool = False) -> Any:
    """Mask what may be a secret and keep the structure.

    Below any name that ends in "settings" or "configuration": every text or number under a name
    that looks like a secret, at any depth, the `value` beside such a `key` or `name`, and every URL
    that carries a password; and whatever stands in `writeKeys` and `encryptedSettings`.
    """
    if isinstance(value, dict):
        label = str(value.get("key") or value.get("name") or "")
        secret = secret or (inside and "value" in value and bool(SECRET.search(label)))
        return {
            name: redact(
                part,
                inside=inside or bool(SETTINGS.search(name)),
                secret=secret or name in ALL_SECRET or (inside and bool(SECRET.search(name))),
            )
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [redact(part, inside=inside, secret=secret) for part in value]
    if value is None or isinstance(value, bool) or not (inside or secret):
        return value
    is_url = isinstance(value, str) and re.search(r"://[^/@\s]+@", value)
    return MASK if secret or is_url else value


@dataclass
class RecordExtractor(record_extractor.RecordExtractor):
    """Turn a page into records in one pass.

    The stock extractor walks every leaf of the body, takes a missing list for an empty one, and
    each of AddFields, RemoveFields and a filter costs more than the request.

    Of a row, `explode` makes one record of each entry of a list (whose own fields join the record,
    or stand under the given name), and `wrap` names a bare value. `beside` copies fields that stand
    beside the list, and `integers` are numbers that the API writes as text, also in inner objects.
    """

    config: Mapping[str, Any]
    endpoint: Mapping[str, Any]
    name: str = ""

    def extract_records(self, response: requests.Response) -> Iterator[Json]:
        """The records of a response that `ErrorHandler` has accepted."""
        data, endpoint = response_data(response), self.endpoint
        key, values = endpoint.get("records"), response.values  # type: ignore[attr-defined]
        rows: Any = data[key] if key else data
        if isinstance(rows, dict):
            rows = [rows]
        if len(rows) >= endpoint.get("most", len(rows) + 1):
            logger.warning(f"{self.name}: an answer holds {len(rows)} rows, and may be cut there.")
        listing = response.listing  # type: ignore[attr-defined]
        if listing.cursors or listing.restarts or (data.get("pagination") or {}).get("next"):
            rows = filter(listing.is_new, rows)
        if endpoint.keys() & {"explode", "wrap", "integers"}:
            rows = self._shaped(rows)
        if endpoint.get("since"):
            rows = self._within(rows, values)
        added = {name: data[name] for name in endpoint.get("beside", ()) if name in data}
        templates = endpoint.get("add", re.findall(r"{(\w+)}", endpoint["path"]))
        if isinstance(templates, list):
            templates = {name: f"{{{name}}}" for name in templates}
        added |= {name: template.format_map(values) for name, template in templates.items()}
        content = response.content.lower()
        hidden = self.config["redact_secrets"] and any(
            mark in content for mark in (b'settings"', b'configuration"', b'"writekeys"')
        )
        for row in rows:
            row.update(added)
            yield redact(row) if hidden else row

    def _shaped(self, rows: Iterable[Any]) -> Iterator[Json]:
        wrap, explode = self.endpoint.get("wrap"), self.endpoint.get("explode")
        integers = self.endpoint.get("integers", ())
        for row in rows:
            if wrap:
                yield {wrap: row}
                continue
            convert(row, integers)
            if "timestamp" in row:
                row["timestamp"] = Stamp(row["timestamp"])
            if not explode:
                yield row
                continue
            label, name = next(iter(explode.items()))
            entries = row.pop(label) or []
            for dropped in ("total", "totalRetryCount"):  # sums of the entries
                row.pop(dropped, None)
            for entry in entries:
                yield {**row, **(entry if name is None else {name: entry})}

    def _within(self, rows: Iterable[Json], values: Mapping[str, Any]) -> Iterator[Json]:
        field_name = self.endpoint["since"]
        start, end = utc(values["start_time"]), utc(values["end_time"])
        end += timedelta(milliseconds=1)  # the next window begins there
        for row in rows:
            if not row.get(field_name) or start <= utc(row[field_name]) < end:
                yield row


class Stamp(str):
    """A time that the stock cursor reads as a number (`%ms`): strptime takes five times as long."""

    def __int__(self) -> int:
        return int(utc(self).timestamp() * 1000)


def convert(row: Json, integers: Iterable[str]) -> None:
    """Turn number texts of these names into integers, in inner objects too."""
    for name, value in row.items():
        if isinstance(value, dict):
            convert(value, integers)
        elif name in integers and isinstance(value, str) and value.lstrip("-").isdecimal():
            row[name] = int(value)


class Slice(StreamSlice):
    """A slice that computes its hash once; the stock one serialises itself for every record."""

    def __hash__(self) -> int:
        if "_hash" not in self.__dict__:
            self._hash = super().__hash__()
        return self._hash


@dataclass
class Retriever(retriever.Retriever):
    """Read page after page, each record taking the shortest way.

    `SimpleRetriever` and `RecordSelector` pass each record through ten generators, copy it twice,
    and serialise its slice twice: two fifths of a worker's time. Delete when they do not.
    """

    name: str
    requester: Requester
    paginator: DefaultPaginator
    extractor: RecordExtractor

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterator[Record]:
        """The records of a slice; raises AirbyteTracedException where `ErrorHandler` gives up."""
        asked = stream_slice or StreamSlice(partition={}, cursor_slice={})
        where = Slice(partition=asked.partition, cursor_slice=asked.cursor_slice)
        token: Mapping[str, Any] | None = None
        while True:
            response = self.requester.send_request(
                stream_slice=asked,
                next_page_token=token,
                request_params=self.paginator.get_request_params(next_page_token=token),
            )
            if response is None or not response.ok:  # nothing to ask, or a refusal that is skipped
                return
            for row in self.extractor.extract_records(response):
                yield Record(row, self.name, where)
            token = self.paginator.next_page_token(response, 0, None)
            if token is None:
                return


# -------------------------------------------------------------------------- partitions and state


@dataclass
class ParentRouter(SubstreamPartitionRouter):
    """One partition for each distinct parent (and value of `for_each`), at a slow operation's pace.

    The stock router makes a partition of every parent record (a destination is listed once for each
    source), also where a needed field is null, and hands all of them to the workers at once.
    """

    name: str = ""
    for_each: Mapping[str, list[str]] = field(default_factory=dict)

    def stream_slices(self) -> Iterable[StreamSlice]:
        """The slices of the stock router, without repeated and incomplete ones."""
        pacer, seen = self.config[RUN].pacers, set()
        for found in super().stream_slices():
            values = slice_values(found)
            mark = tuple(sorted((name, str(value)) for name, value in values.items()))
            if mark in seen or None in values.values():
                continue
            seen.add(mark)
            for extra in self._combinations():
                pacer[self.name].reserve()
                yield StreamSlice(
                    partition={**found.partition, **extra},
                    cursor_slice={},
                    extra_fields=found.extra_fields,
                )

    def _combinations(self) -> Iterable[Json]:
        for values in itertools.product(*self.for_each.values()):
            yield dict(zip(self.for_each, values, strict=True))


@dataclass
class StateDate(StateMigration):
    """Accept a state that a person wrote, and start usage at the first month that can have changed.

    With `late_days`: the first day of the month of the state less so many days. Month clamping of
    the stock cursor skips the first partial month and drops the running one; and a state that is
    no date ends in a system error.
    """

    late_days: int = 0

    def should_migrate(self, stream_state: Mapping[str, Any]) -> bool:
        """Whether there is a state."""
        return "timestamp" in stream_state

    def migrate(self, stream_state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state as the cursor reads it; raises a config error if it is no date."""
        try:
            moment = utc(stream_state["timestamp"])
        except (ValueError, TypeError):
            message = f"State: timestamp {stream_state['timestamp']!r} is no date like 2024-01-31."
            raise failure(CONFIG, message) from None
        month = (moment - timedelta(days=self.late_days)).date().replace(day=1)
        return {**stream_state, "timestamp": str(month) if self.late_days else iso(moment)}
