"""What the manifest cannot say: one class for each need, in the order in which a sync meets them.

Self-contained and without postponed annotations on purpose: the same file also runs in Airbyte's
`source-declarative-manifest` image and in the Connector Builder, which load it on its own.
A stream's `endpoint` in the manifest, which most of these classes read, is explained there.
"""

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
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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
from jsonschema import Draft7Validator

logger = logging.getLogger("airbyte")
Json = dict[str, Any]
CONFIG, SYSTEM = FailureType.config_error, FailureType.system_error
TRANSIENT = FailureType.transient_error
HOSTS = {"us": "https://api.segmentapis.com", "eu": "https://eu1.api.segmentapis.com"}
REGIONS = {"": "us", "api": "us", "eu1": "eu"}  # other ways to write them
PAGING = "pagination."  # prefix of `count` and `cursor` in the query
RUN = "__run"  # where `Config` puts the `Run` that all components of a sync share


def failure(kind: FailureType, message: str) -> AirbyteTracedException:
    """The exception that ends a stream with one sentence for the user."""
    return AirbyteTracedException(message=message, internal_message=message, failure_type=kind)


@lru_cache(4096)
def utc(text: str) -> datetime:
    """An ISO-8601 date or date-time as UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """A UTC time as the API writes it, with milliseconds and a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# ------------------------------------------------------------------------------- configuration


@dataclass
class Config(config_transformation.ConfigTransformation):
    """Normalise the config: the CDK's parts parse no dates, and their messages name no field.

    Delete when they do.
    """

    parameters: Mapping[str, Any]  # `specification`: the JSON schema of the config

    def transform(self, config: MutableMapping[str, Any]) -> None:
        """Change `config` in place; raises a config error with what to do."""
        specification = self.parameters["specification"]
        options = specification["properties"]
        given = {n: v.strip() if isinstance(v, str) else v for n, v in config.items()}
        config.clear()
        config.update({n: o["default"] for n, o in options.items() if "default" in o})
        config.update({n: v for n, v in given.items() if v is not None})
        try:
            for name, change in (
                ("api_token", self._token),
                ("start_date", self._start_date),
                ("region", lambda text: REGIONS.get(text.lower(), text.lower())),
                ("api_url", lambda text: text and self._url(text)),
            ):
                if isinstance(config.get(name), str):
                    config[name] = change(config[name])
            for flaw in Draft7Validator(specification).iter_errors(config):
                raise ValueError(self._told(flaw))
        except ValueError as error:
            raise failure(CONFIG, f"Config: {error}") from None
        config["api_url"] = config.get("api_url") or HOSTS[config["region"]]
        config[RUN] = Run()

    @staticmethod
    def _told(flaw: Any) -> str:
        """What breaks the specification; without the value, which may be a secret."""
        if flaw.validator == "required":
            return f"{flaw.message}.".replace("'", "")  # it names the property, and no value
        rules = {"type": "of type", "enum": "one of", "minimum": "at least", "maximum": "at most"}
        return f"{flaw.path[0]} must be {rules[flaw.validator]} {flaw.validator_value}."

    @staticmethod
    def _token(text: str) -> str:
        token = re.sub(r"(?i)^bearer(\s+|$)", "", text)
        if not re.fullmatch(r"[!-~]{8,}", token):
            raise ValueError(
                "api_token is no Segment Public API token: copy it again, whole and as one line."
            )
        return token

    @staticmethod
    def _start_date(text: str) -> str:
        with suppress(ValueError, OverflowError):
            moment = utc(re.sub(r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\1-\2", text))
            if moment.year >= 2000 and moment <= datetime.now(UTC):
                return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        raise ValueError(
            "start_date must be a date such as 2024-01-31 (or 01/31/2024, or "
            "2024-01-31T00:00:00Z), in the past, and not before 2000."
        )

    @staticmethod
    def _url(text: str) -> str:
        with suppress(ValueError):
            url = urlsplit(text)
            url.port  # noqa: B018 - raises ValueError if it is no number
            local = url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1")
            if re.fullmatch(r"[\w.:\[\]-]+", url.netloc) and (local or url.scheme == "https"):
                return text.rstrip("/")
        raise ValueError(
            "api_url must be an address that starts with https and holds no user name: the token "
            "travels with each request, so only this machine itself may be reached without "
            "encryption."
        )


# ------------------------------------------------------- what the workers of one sync share


class Pages:
    """Fetch a page once for all its readers: the CDK's cache does so per thread, and on disk.

    Bodies stay compressed in memory until the last reader has had them, up to `LIMIT` bytes; what
    does not fit is fetched again. Delete when `use_cache` does so, also for grandparents.
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
            body = None
            if left > 1 and self._size < self.LIMIT:
                body = zlib.compress(response.content, 1)
                self._grow(len(body))
            page.set_result((response.status_code, body))
            return response
        status, body = page.result()
        if body is None:
            return fetch()
        if left == 1:
            self._grow(-len(body))
        response = requests.Response()
        response.status_code, response._content = status, zlib.decompress(body)
        return response

    def _grow(self, size: int) -> None:
        with self._lock:
            self._size += size


class Run(dict[str, Any]):
    """What all streams of one sync share: components of the CDK know nothing of each other.

    An empty dict where the config is written. Delete with the last component that needs it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.pages, self.gate = Pages(), Gate()
        self.adapter = requests.adapters.HTTPAdapter(pool_maxsize=40)
        self.pacers: dict[str, Pacer] = {}
        # (stream, hash of the parent, if any) -> whether it was first answered, or refused
        self.verdicts: dict[tuple[str, int | None], bool] = {}
        self.refused: dict[str, Json] = defaultdict(dict)  # stream -> parent -> Segment's words
        self.missing: dict[str, set[Any]] = defaultdict(set)  # stream -> parents that were gone
        self.unavailable: set[str] = set()  # streams that are not read any more
        self.failed: dict[str, AirbyteTracedException] = {}  # streams that end with that
        self.dead: AirbyteTracedException | None = None  # the token is refused everywhere
        self.down: AirbyteTracedException | None = None  # the host does not answer at all
        self.answered_at: dict[str, float] = {}  # stream -> monotonic seconds of its last answer
        self.alive_until = 0.0  # monotonic seconds up to which the token need not be tried again
        self.tries = 6  # of one request, not counting waits for a rate limit
        # Of the request that a thread sends: `parent` (its hash, if any), whether it `is_window`,
        # when it `began`, and `waits` for 429.
        self.here = threading.local()

    @property
    def answered(self) -> set[str]:
        """The streams of which something was read."""
        return {name for (name, _), ok in list(self.verdicts.items()) if ok}

    @property
    def unread(self) -> set[str]:
        """The streams that were refused wherever they were asked for."""
        return self.refused.keys() - self.answered

    def token_is_alive(self, api_url: str, refused: requests.Response) -> bool:
        """Whether `GET /` accepts the token of a refused request; asked at most twice a minute."""
        with self.lock:
            if time.monotonic() < self.alive_until:
                return True
            status = self.ask(api_url, refused.request)  # without an answer the next one will tell
            if status and status not in (401, 403):
                self.alive_until = time.monotonic() + 30
            return status not in (401, 403)

    @staticmethod
    def ask(api_url: str, request: requests.PreparedRequest) -> int | None:
        """The status of `GET /` with the headers of a request; None if nothing answers."""
        with suppress(requests.RequestException):
            return requests.get(
                f"{api_url}/", headers=request.headers, timeout=30, allow_redirects=False
            ).status_code
        return None


class Gate:
    """One rate limit as answers tell it: the CDK's policies must know it beforehand.

    How many requests are left, until when, and the pause that a 429 asked for, after which one
    request at a time finds out whether the limit is over. Delete with `Pacer`.
    """

    def __init__(self) -> None:
        self.left = 0
        self.resets = self.paused = self.probed = self.announced = 0.0  # unix seconds
        self.skew = 0.0  # seconds that the API's clock is ahead of this machine's
        self.pauses = 0  # in a row
        self.early = 0  # requests let go before anything was known of the present window

    def wait(self) -> float:
        """Take one request and return 0, or return the seconds until there may be one."""
        now = time.time()
        if now < (until := max(self.paused, self.probed)):
            return until - now
        if self.paused:
            self.probed = now + 5
        if now >= self.resets:
            self.early += 1
            return 0.0
        self.left -= 1
        return 0.0 if self.left >= 0 else self.resets - now

    def learn(self, response: requests.Response) -> None:
        """Take over what a response tells (`X-RateLimit-*`, `Reset` being an RFC 5322 date)."""
        if response.status_code != 429 and time.time() >= self.paused:
            self.paused, self.probed, self.pauses = 0.0, 0.0, 0
        try:
            remaining = int(response.headers["X-RateLimit-Remaining"])
            consumed = int(response.headers["X-RateLimit-Consumed"])
            resets = self._until(response, response.headers["X-RateLimit-Reset"])
        except (KeyError, ValueError):
            return
        resets = min(resets, time.time() + 300)  # limits are by the minute: then a 429 may tell
        if resets > self.resets:
            self.resets, self.left = resets, remaining - max(0, self.early - consumed)
            self.early = 0
        elif resets == self.resets:
            self.left = min(self.left, remaining)

    def pause(self, response: requests.Response) -> None:
        """Wait as a 429 asks: Retry-After, msBeforeNext, or ever longer with jitter."""
        now = time.time()
        self.pauses += now >= self.paused  # once for all requests that were under way
        seconds = float(min(2**self.pauses, 60)) * random.uniform(0.5, 1)  # noqa: S311
        try:
            after = response.headers["Retry-After"]
            seconds = float(after) if after.isdigit() else self._until(response, after) - now
        except (KeyError, ValueError):
            with suppress(ValueError, KeyError, TypeError, IndexError):
                seconds = orjson.loads(response.content)["errors"][0]["data"]["msBeforeNext"] / 1000
        self.probed, self.paused = 0.0, max(self.paused, now + min(seconds, 86400))

    def _until(self, response: requests.Response, text: str) -> float:
        """Unix seconds of this machine for an HTTP date of the API, whose clock may differ."""
        with suppress(KeyError, ValueError):
            ahead = _unix(response.headers["Date"]) - time.time()
            if abs(ahead - self.skew) > 2:  # seconds are not told more exactly
                self.skew = ahead
        return _unix(text) - self.skew


@lru_cache(64)  # each answer tells the second that it was sent, and the end of the same minute
def _unix(text: str) -> float:
    """Unix seconds of an HTTP date."""
    return email.utils.parsedate_to_datetime(text).timestamp()


class Pacer(call_rate.AbstractAPIBudget):
    """Pace one operation under its own limit and the token's: `HTTPAPIBudget` reads no dates.

    It raises ValueError for that in Segment's `X-RateLimit-Reset` (7.39.1), needs a fixed limit
    beforehand, and waits in silence. Delete when it does none of these.
    """

    MINUTE = 61.0  # one more second: requests do not arrive when they are let go

    def __init__(self, run: Run, name: str, limit: int | None) -> None:
        self._run, self._name, self._reserved, self._waiting = run, name, 0, 0
        self.gate = Gate() if limit else run.gate
        self._gates = dict.fromkeys((self.gate, run.gate))
        rate = call_rate.Rate(limit or 1, timedelta(seconds=self.MINUTE))
        self._own = call_rate.MovingWindowCallRatePolicy([rate], []) if limit else None

    def reserve(self) -> None:
        """Wait for the operation's own limit before a partition is handed to a worker.

        So a slow operation holds one thread, and not all the workers.
        """
        is_shared = self._run.pages.readers[self._name] > 1  # then others fetch some pages
        if self._own and not is_shared and self._name not in self._run.unavailable:
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
        for gate in self._gates:
            while True:
                with self._run.lock:
                    seconds = gate.wait()
                if not seconds:
                    break
                self._wait(seconds)

    def update_from_response(self, request: Any, response: Any) -> None:
        """Learn the token's limit from the headers; called by the CDK's session."""
        with self._run.lock:
            for gate in self._gates:
                gate.learn(response)

    def get_matching_policy(self, request: Any) -> call_rate.AbstractCallRatePolicy | None:
        """The policy of the operation's own limit."""
        return self._own

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


@dataclass
class Requester(HttpRequester):
    """Send what an `endpoint` describes: the stock requester takes ids for jinja.

    There `1e5` becomes a number, and `/` changes the path; it also follows redirects to other
    hosts, and takes neither a shared pacer nor shared pages. Delete when it does.
    """

    endpoint: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._run: Run = self.config[RUN]
        self._run.pages.readers[self.name] += 1
        self.api_budget = self._run.pacers.setdefault(
            self.name, Pacer(self._run, self.name, self.endpoint.get("limit"))
        )
        self.use_cache = False  # which the CDK turns on for parents: it keeps bodies on disk
        super().__post_init__(parameters)
        # One pool of connections for all: the CDK's client opens one for each stream and parent.
        self._http_client._session.mount(self.config["api_url"], self._run.adapter)

    def values(self, where: StreamSlice) -> Json:
        """What the braces of an endpoint stand for: all values of a slice, and of its parents."""
        values: Json = {"start_date": self.config["start_date"], "now": iso(datetime.now(UTC))}
        partition: Any = {**where.partition, **where.extra_fields, **where.cursor_slice}
        while partition:
            values = {**partition, **values}
            partition = partition.get("parent_slice")
        return values

    def query(self, values: Json) -> Json | None:
        """The query without paging; None if the API keeps nothing of the time that it asks for."""
        params = {n: t.format_map(values) for n, t in self.endpoint.get("params", {}).items()}
        if "startTime" not in params:
            return params
        start, end = utc(params["startTime"]), min(utc(params["endTime"]), utc(values["now"]))
        if self.endpoint.get("since"):
            # It is not documented whether the bounds are included; `since` drops what is too much.
            start, end = start - timedelta(milliseconds=1), end + timedelta(milliseconds=1)
        if self.endpoint.get("history"):
            oldest = utc(values["now"]) - timedelta(days=self.endpoint["history"])
            if "granularity" in params:  # whole days only, also if midnight passes meanwhile
                oldest = utc((oldest + timedelta(days=1, hours=1)).date().isoformat())
            start = max(start, oldest)
        return {**params, "startTime": iso(start), "endTime": iso(end)} if start < end else None

    def get(self, values: Json, params: Json, where: StreamSlice, alone: bool) -> requests.Response:
        """The response to one request; `alone` fetches a page that other streams have not.

        Raises AirbyteTracedException where `ErrorHandler` gives up.
        """
        safe = {name: quote(str(value), safe="") for name, value in values.items()}
        path = str(self.endpoint["path"]).format_map(safe)
        if path != "/" and {"", ".", ".."} & set(path[1:].split("/")):
            raise failure(SYSTEM, f"Segment lists an id for {self.name} that would leave its path.")

        def fetch() -> requests.Response:
            is_child = "parent_slice" in where.partition
            self._run.here.parent = hash(str(where.partition)) if is_child else None
            self._run.here.is_window = bool(where.cursor_slice)
            self._run.here.began, self._run.here.waits = time.monotonic(), 0
            url, options = str(self.config["api_url"]) + path, {"allow_redirects": False}
            headers = {"Accept": "application/json"}  # lets Segment choose the version
            return self._http_client.send_request("GET", url, options, headers, params)[1]

        key = path, tuple(sorted(params.items()))
        return fetch() if alone else self._run.pages.get(self.name, key, fetch)


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


def paging_key(endpoint: Mapping[str, Any]) -> str:
    """Where the next cursor stands in `data`."""
    return (endpoint.get("paging") or PAGING).rstrip(".")


def dumped(value: Any) -> bytes:
    """JSON of a record, also of integers of more than 64 bits, and of half a surrogate pair."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def words(response: requests.Response) -> str:
    """Status and Segment's own words in an error body, every entry of `errors`."""
    try:
        errors = orjson.loads(response.content)["errors"]
        said = "; ".join(
            str(e.get("message") or f"{e['type']} {e.get('field') or ''}".strip()) for e in errors
        )[:1000]
    except (ValueError, KeyError, TypeError, AttributeError):
        said = "no message"
    return f"{response.status_code}: {said}"


@dataclass
class ErrorHandler(DefaultErrorHandler):
    """Decide what an answer means: the stock handler knows neither the stream nor earlier answers.

    It hides a refusal behind IGNORE or ends the sync, takes a broken body for an empty one, and
    gives up on a rate limit after 600 s. Delete when filters see both, and warn.
    """

    name: str = ""
    endpoint: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        super().__post_init__(parameters)
        self._run: Run = self.config[RUN]
        self.backoff_strategies = [self]  # type: ignore[list-item]
        self.max_retries = self.max_time = 10**9  # `backoff_time` counts the tries

    def interpret_response(
        self, response_or_exception: requests.Response | Exception | None
    ) -> ErrorResolution:
        """The CDK's action for an answer; raises AirbyteTracedException to end the stream."""
        if not isinstance(response_or_exception, requests.Response):
            return self._unreachable(response_or_exception)
        response, status = response_or_exception, response_or_exception.status_code
        self._run.answered_at[self.name], self._run.down = time.monotonic(), None
        if status == 200:
            return self._answered(response)
        if status == 429:
            with self._run.lock:
                self._run.pacers[self.name].gate.pause(response)
            return ErrorResolution(ResponseAction.RATE_LIMITED, TRANSIENT)
        # A gateway's page is no refusal of Segment's, whose body is JSON.
        if status == 401 or (status in (403, 404) and response.content.lstrip()[:1] == b"{"):
            is_child = self._run.here.parent is not None
            return self._gone() if status == 404 and is_child else self._refused(response)
        if status == 422 and "cursor=" in str(response.request.url) and "cursor" in response.text:
            return ErrorResolution(ResponseAction.RESET_PAGINATION)
        if 300 <= status < 400:
            to = urlsplit(response.headers.get("Location", "")).netloc
            raise failure(
                CONFIG,
                f"{self.config['api_url']} redirects to {to!r}, where the connector does not take "
                "your token: choose the workspace's region.",
            )
        if 400 <= status < 500 and status not in (401, 403, 404, 408):
            raise failure(
                SYSTEM, f"Segment rejected a request of {self.name} (HTTP {words(response)})"
            )
        return self._retry(f"Segment answered {self.name} with HTTP {status}")

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
        gone = failure(last.failure_type or TRANSIENT, f"{last.error_message} ({tries} tries).")
        if self._run.answered_at.get(self.name, 0) < self._run.here.began:
            # No partition of the stream was answered meanwhile: the others need not try it again.
            self._run.failed.setdefault(self.name, gone)
            request = getattr(response_or_exception, "request", None)
            if request and self._run.ask(self.config["api_url"], request) is None:
                self._run.down = gone
        raise gone

    def _answered(self, response: requests.Response) -> ErrorResolution:
        if flaw := self._flaw(response):
            return self._retry(f"Segment answered {self.name} with {flaw}", SYSTEM)
        if self.endpoint["path"] == "/":
            self._run.alive_until = time.monotonic() + 30
        with self._run.lock:
            if not self._run.verdicts.setdefault((self.name, self._run.here.parent), True):
                self._run.refused.pop(self.name, None)
                raise self._changed("refused and answered at the same time")
        return SUCCESS_RESOLUTION

    def _flaw(self, response: requests.Response) -> str | None:
        """What is wrong with the body of a 200, if anything."""
        try:
            data = response_data(response)
        except ValueError:
            return "a body that is not the JSON of the Segment API"
        key, wanted = self.endpoint.get("records"), str if self.endpoint.get("wrap") else dict
        rows = data.get(key, [] if self.endpoint.get("optional") else None) if key else data
        if not key or self.endpoint.get("single"):
            return None if rows and isinstance(rows, dict) else f"a body without {key or 'data'!r}"
        if not isinstance(rows, list):
            return f"a body without {key!r}"
        if not all(isinstance(row, wanted) for row in rows):
            return f"entries of {key!r} that are no records"
        for label, name in self.endpoint.get("explode", {}).items():
            for inner in (row.get(label) or [] for row in rows):
                is_list = isinstance(inner, list)
                if not is_list or not (name or all(isinstance(part, dict) for part in inner)):
                    return f"entries of {label!r} that are no records"
        if not isinstance(data.get(paging_key(self.endpoint)) or {}, dict):
            return "a pagination that is no object"
        return None

    def _unreachable(self, error: Exception | None) -> ErrorResolution:
        host = self.config["api_url"]
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise failure(
                CONFIG,
                f"The TLS certificate of {host} could not be verified: check for a proxy that "
                "intercepts connections, and its certificate authority.",
            )
        slow = isinstance(error, requests.Timeout)
        what = "did not answer in time" if slow else "cannot be reached"
        return self._retry(f"{host} {what}: check the network and api_url")

    def _refused(self, response: requests.Response) -> ErrorResolution:
        """401 and 403, and 404 on a whole list: lack of a plan or permission, or a dead token."""
        run, said, parent = self._run, words(response), self._run.here.parent
        if response.status_code != 404:
            self._prove_token(response, said)
        message = self.unavailable(self.name, self.endpoint, said)
        with run.lock:
            if run.verdicts.setdefault((self.name, parent), False):
                raise self._changed(said)
            if self.config["unavailable_streams"] == "fail":
                raise run.failed.setdefault(self.name, failure(CONFIG, message))
            run.refused[self.name].setdefault(parent, said)
            # At two requests a minute it would take hours to try each parent.
            is_slow = self.endpoint.get("limit", 60) <= 10 and self.name not in run.answered
            if is_slow or parent is None:
                run.unavailable.add(self.name)
        return self._skip(message)

    def _prove_token(self, response: requests.Response, said: str) -> None:
        with self._run.lock:  # one asks for all
            if not self._run.dead:
                if self._run.token_is_alive(self.config["api_url"], response):
                    return
                message = (
                    f"The API token stopped working ({said}): it was revoked or changed."
                    if self._run.answered
                    else f"Segment refused the API token ({said}). Enter a valid Public API token, "
                    f"and check the region: this connection uses {self.config['region'].upper()}."
                )
                self._run.dead = failure(CONFIG, message)
            raise self._run.dead

    def _gone(self) -> ErrorResolution:
        """404 below a parent: it was deleted meanwhile, unless other windows were answered."""
        run, key = self._run, (self.name, self._run.here.parent)
        with run.lock:
            if run.verdicts.get(key) and run.here.is_window:
                raise self._changed("404")
            run.verdicts[key] = False
            run.missing[self.name].add(run.here.parent)
        return self._skip(f"{self.name}: a parent was deleted meanwhile and is skipped.")

    def _changed(self, said: str) -> AirbyteTracedException:
        return failure(
            CONFIG,
            f"Segment refused {self.name} after it had answered before ({said}): "
            "the token was revoked or its permissions changed.",
        )

    @staticmethod
    def unavailable(name: str, endpoint: Mapping[str, Any], said: str) -> str:
        """Why a stream cannot be read, and what to do."""
        feature = f"{endpoint['requires']}, and " if "requires" in endpoint else ""
        return (
            f"Stream {name} is not available: it needs {feature}a token that may read it. Segment "
            f"answered {said}. Deselect it, or give the workspace or token what it needs."
        )

    @staticmethod
    def _retry(message: str, kind: FailureType = TRANSIENT) -> ErrorResolution:
        return ErrorResolution(ResponseAction.RETRY, kind, message)

    @staticmethod
    def _skip(message: str) -> ErrorResolution:
        return ErrorResolution(ResponseAction.IGNORE, error_message=message)


# --------------------------------------------------------------------------- pages and records


@dataclass
class CursorPagination(pagination_strategy.PaginationStrategy):
    """Follow Segment's cursors: the stock strategy takes them for jinja (`1e5` becomes a number).

    It also parses each body a second time. Delete when it does neither.
    """

    config: Mapping[str, Any]
    endpoint: Mapping[str, Any]

    @property
    def initial_token(self) -> Any | None:
        """None: the first request has no cursor."""
        return None

    def next_page_token(self, response: requests.Response, *_: Any, **__: Any) -> str | None:
        """The next cursor; None at the end, which the API writes as null, empty, or not at all."""
        following = (response_data(response).get(paging_key(self.endpoint)) or {}).get("next")
        return None if following in (None, "") else str(following)

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


def added(endpoint: Mapping[str, Any]) -> dict[str, str]:
    """Fields that are put on each record, and their templates: by default the names of the path."""
    add = endpoint.get("add", re.findall(r"{(\w+)}", endpoint["path"]))
    return dict(add) if isinstance(add, dict) else {name: f"{{{name}}}" for name in add}


@dataclass
class RecordExtractor(record_extractor.RecordExtractor):
    """Turn a body into records in one pass: the stock extractor walks every leaf of it.

    Each of AddFields, RemoveFields and a filter costs more than the request. Delete when they do
    not, and `RecordExpander` covers `explode`.

    Of a row, `explode` makes one record of each entry of a list (whose own fields join the record,
    or stand under the given name), and `wrap` names a bare value. `beside` copies fields that stand
    beside the list, and `integers` are numbers that the API writes as text, also in inner objects.
    """

    config: Mapping[str, Any]
    endpoint: Mapping[str, Any]
    name: str = ""

    def extract_records(self, response: requests.Response) -> Iterator[Json]:
        """The records of a response that `ErrorHandler` has accepted; `values` stand on it."""
        values: Json = response.values  # type: ignore[attr-defined]
        data = response_data(response)
        rows = self._rows(data)
        if since := self.endpoint.get("since"):
            rows = (row for row in rows if self._is_within(row.get(since), values))
        beside = {name: data[name] for name in self.endpoint.get("beside", ()) if name in data}
        templates = added(self.endpoint)
        more = beside | {name: text.format_map(values) for name, text in templates.items()}
        content = response.content.lower() if self.config["redact_secrets"] else b""
        marks = b'settings"', b'configuration"', b'"writekeys"'
        is_secret = any(mark in content for mark in marks)
        for row in rows:
            row.update(more)
            yield redact(row) if is_secret else row

    def _rows(self, data: Json) -> Iterable[Json]:
        endpoint = self.endpoint
        found = data[endpoint["records"]] if "records" in endpoint else data
        rows: list[Any] = [found] if isinstance(found, dict) else found
        if "wrap" in endpoint:
            return ({endpoint["wrap"]: row} for row in rows)
        if "integers" in endpoint:
            integers = frozenset(endpoint["integers"])
            for row in rows:
                convert(row, integers)
        if "explode" in endpoint:
            return itertools.chain.from_iterable(map(self._exploded, rows))
        return rows

    def _exploded(self, row: Json) -> Iterator[Json]:
        [(label, name)] = self.endpoint["explode"].items()
        for total in ("total", "totalRetryCount"):  # sums of the entries
            row.pop(total, None)
        for entry in row.pop(label, None) or ():
            yield {**row, **(entry if name is None else {name: entry})}

    @staticmethod
    def _is_within(moment: str | None, values: Json) -> bool:
        """Whether a time lies in the slice, which ends a millisecond before the next."""
        start, end = utc(values["start_time"]), utc(values["end_time"])
        with suppress(ValueError, TypeError):  # what has no time is kept
            return start <= utc(moment) < end + timedelta(milliseconds=1)
        return True


class Stamp(str):
    """A time that the stock cursor reads as a number (`%ms`): strptime takes five times as long.

    Delete when it reads ISO dates otherwise.
    """

    def __int__(self) -> int:
        return int(utc(self).timestamp() * 1000)


def convert(row: Json, integers: frozenset[str]) -> None:
    """Turn number texts of these names into integers, in inner objects too."""
    for name, value in row.items():
        if name in integers:
            if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
                row[name] = int(value)
        elif isinstance(value, dict):
            convert(value, integers)
        elif name == "timestamp" and isinstance(value, str):
            row[name] = Stamp(value)


class Slice(StreamSlice):
    """A slice that computes its hash once: the stock one serialises itself for every record.

    Delete when it does not.
    """

    def __hash__(self) -> int:
        if "_hash" not in self.__dict__:
            self._hash = super().__hash__()
        return self._hash


@dataclass
class Retriever(retriever.Retriever):
    """Read page after page: the stock retriever follows a repeated cursor for ever.

    It emits a row again that moved to a later page, or that comes again because an expired cursor
    made the list start anew; and with `RecordSelector` it copies each record twice and serialises
    its slice twice, two fifths of a worker's time. Delete when it does not.
    """

    name: str
    config: Mapping[str, Any]
    endpoint: Mapping[str, Any]
    requester: Requester
    paginator: DefaultPaginator
    extractor: RecordExtractor

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterator[Record]:
        """The records of a slice; raises AirbyteTracedException where `ErrorHandler` gives up."""
        asked = stream_slice or StreamSlice(partition={}, cursor_slice={})
        where = Slice(partition=asked.partition, cursor_slice=asked.cursor_slice)
        values = self.requester.values(asked)
        if (params := self.requester.query(values)) is None:
            return
        seen: set[int] = set()
        count, most = 0, self.endpoint.get("most")
        for response, is_paged in self._pages(asked, values, params):
            data, key = response_data(response), self.endpoint.get("records")
            if self.endpoint.get("optional"):
                data.setdefault(key, [])
            if is_paged:
                marks = {hash(dumped(row)): row for row in data[key]}
                data[key] = [row for mark, row in marks.items() if mark not in seen]
                seen.update(marks)
            count += len(data[key]) if most else 0
            for record in self.extractor.extract_records(response):
                yield Record(record, self.name, where)
        if most and count >= most:
            logger.warning(f"{self.name}: an answer holds {count} rows, and may be cut there.")

    def _pages(
        self, asked: StreamSlice, values: Json, params: Json
    ) -> Iterator[tuple[requests.Response, bool]]:
        """Each page of a list, and whether it has others, so that a row can come again."""
        run: Run = self.config[RUN]
        token: Mapping[str, Any] | None = self.paginator.get_initial_token()  # None
        cursors: set[str] = set()
        restarts = 0
        if self.name in run.unavailable:
            return
        while True:
            if error := run.dead or run.down or run.failed.get(self.name):
                raise error.with_traceback(None)  # which grows each time that it is raised
            query = params | self._paging(token)
            try:
                response = self.requester.get(values, query, asked, restarts > 0)
            except PaginationResetRequiredException:
                token, cursors, restarts = None, set(), restarts + 1
                if restarts > 3:
                    message = f"Segment expired the page cursors of {self.name} again and again."
                    raise failure(TRANSIENT, message) from None
                continue
            if not response.ok:  # a refusal that is skipped
                return
            response.values = values | query  # type: ignore[attr-defined]
            token = self.paginator.next_page_token(response, 0, None)
            yield response, bool(token or cursors or restarts)
            if token is None:
                return
            if (cursor := token["next_page_token"]) in cursors:
                raise failure(SYSTEM, "Segment repeated a page cursor: the list would never end.")
            cursors.add(cursor)

    def _paging(self, token: Mapping[str, Any] | None) -> Json:
        """Count and cursor under the endpoint's names: the CDK's take no `$parameters` (7.39.1)."""
        if (prefix := self.endpoint.get("paging", PAGING)) is None:
            return {}
        asked = self.paginator.get_request_params(next_page_token=token)
        return {name.replace(PAGING, prefix): value for name, value in asked.items()}


# -------------------------------------------------------------------------- partitions and state


@dataclass
class ParentRouter(SubstreamPartitionRouter):
    """One partition for each distinct parent: the stock router makes one of every parent record.

    So a destination of two sources would be read twice. It also takes parents whose extra fields
    are null, hands all to the workers at once, also those of a slow operation, and its product
    with the values of `for_each` warns in each sync. Delete when it does not.
    """

    name: str = ""
    for_each: Mapping[str, list[str]] = field(default_factory=dict)

    def stream_slices(self) -> Iterable[StreamSlice]:
        """The slices of the stock router, without repeated and incomplete ones."""
        pacer, seen = self.config[RUN].pacers[self.name], set()
        for found in super().stream_slices():
            mark = hash(str(found.partition))
            if mark in seen or None in (*found.partition.values(), *found.extra_fields.values()):
                continue
            seen.add(mark)
            for extra in itertools.product(*self.for_each.values()):
                pacer.reserve()
                yield StreamSlice(
                    partition={**found.partition, **dict(zip(self.for_each, extra, strict=True))},
                    cursor_slice={},
                    extra_fields=found.extra_fields,
                )


@dataclass
class StateDate(StateMigration):
    """Start at the first month or day that can have changed: the stock cursor passes over them.

    Its clamping skips or repeats months, and its look-back moves on when what it reads again fails.
    Parents that are new to the state start where the newest one of all is, though it may be that
    their list failed half way. A state that a person wrote wrongly ends in a system error. Delete
    when it does none of these.
    """

    cursor_field: str = "timestamp"
    late_days: int = 0
    date_format: str = ""  # of the state, which is a date then: "%Y-%m-01" is that of its month

    def should_migrate(self, stream_state: Mapping[str, Any]) -> bool:
        """Whether there is a state."""
        return bool({self.cursor_field, "states", "state"} & stream_state.keys())

    def migrate(self, stream_state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state as the cursor reads it; raises a config error if it is none."""
        try:
            if self.cursor_field in stream_state:
                return self._begun(stream_state)
            states = stream_state.get("states", [])
            states = [{**one, "cursor": self._begun(one["cursor"])} for one in states]
            return {"use_global_cursor": False, "states": states}
        except (ValueError, TypeError, KeyError, OverflowError):
            message = "State: {!r} holds no {} like 2024-01-31: correct it, or reset the stream."
            message = message.format(dict(stream_state), self.cursor_field)[:300]
            raise failure(CONFIG, message) from None

    def _begun(self, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        moment = utc(cursor[self.cursor_field])
        if moment > datetime.now(UTC) + timedelta(days=1):
            logger.warning(
                f"A state is {moment:%Y-%m-%d}, which lies ahead: nothing is read till then."
            )
        moment -= timedelta(days=self.late_days)
        text = moment.strftime(self.date_format) if self.date_format else iso(moment)
        return {**cursor, self.cursor_field: text}
