"""The measurements: each returns rows of the table."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from benchmarks.bench import ALL, CONNECTOR, CORE, LAUNCH, STREAMS, WORKERS, Bench
from benchmarks.process import Run, run
from simulator import Fault, RateLimit, Simulator
from simulator.limits import Limiter
from simulator.sizes import SIZES

Row = tuple[str, ...]  # what is measured, the connector's figure, the other's, their ratio, and its aim
FAST, SLOW = 0.06, 0.3  # seconds a response
TWO_A_MINUTE = "warehouse_syncs", "warehouse_advanced_sync_schedules"
FAULTS = ("list_missing", "listUsers"), ("not_json", "getDailyPerSourceMTUUsage"), ("status", "listSources")


def row(name: str, unit: str, pair: Sequence[float], aim: str = "") -> Row:
    """A row of two numbers with the same unit."""
    shown = (f"{number:,.{2 if unit == 's' else 0}f} {unit}".strip() for number in pair)
    return name, *shown, f"{pair[0] / pair[1]:.2f}", aim


def requests(bench: Bench) -> list[Row]:
    """Requests of three syncs against the least, and peak memory."""
    rows = []

    def count(name: str, least: int, aim: str) -> None:
        rows.append(row(f"{name}: requests beside the least", "", (len(bench.sim.requests), least), aim))

    first = bench.sync(CORE)
    count("Core streams, first sync", bench.least(CORE), "1.02")
    states = {state["stream"]["stream_descriptor"]["name"]: state for state in first.messages("state")}
    bench.sync(CORE, state=list(states.values()))
    usage = {name for name in CORE if name.startswith("usage_")}
    lists = bench.least({*CORE} - usage - {"audit_events"})
    count("Core streams, next sync", lists + replace(bench, months=0).least(usage) + 1, "1.02")
    shorter = replace(bench, months=0)
    shorter.sync(ALL, *LAUNCH, "unlimited", num_workers=20)
    count("All streams, first sync from this month on", shorter.least(ALL), "1.06")
    with Simulator(size="small") as sim:
        peaks = first.megabytes, replace(bench, sim=sim).sync(CORE).megabytes
    rows.append(row("Core streams: peak memory beside 150 MB", "MB", (first.megabytes, 150), "1.00"))
    return [*rows, row("Core streams: peak memory beside a tenth of the workspace", "MB", peaks, "1.30")]


def without_limit(bench: Bench, scale: float = 1 / 40) -> list[Row]:
    """Time without a rate limit: beside dlt, and with two operations of two requests a (shortened) minute."""
    bench.sim.latency, pairs = FAST, []
    for workers in (WORKERS, 2 * WORKERS):
        bench.sync(CORE, num_workers=workers)
        own = bench.span()
        bench.dlt(workers)
        pairs.append((own, bench.span()))
    bench.sim.limiter = Limiter(None, own_limits=True, time_scale=scale)
    bench.sync([*TWO_A_MINUTE, *CORE], *LAUNCH, str(scale))
    slow = [STREAMS[name].operation for name in TWO_A_MINUTE]
    core = [request.at for request in bench.sim.requests if request.operation not in slow]
    done = core[-1] - core[0] + FAST
    return [
        row(f"No limit, {WORKERS} workers: time beside dlt", "s", pairs[0], "1.00"),
        row(f"No limit, {2 * WORKERS} workers: time beside dlt", "s", pairs[1]),
        row("Core streams done: with two slow operations beside without", "s", (done, pairs[0][0]), "1.10"),
    ]


def at_the_limit(bench: Bench, window: float = 15) -> list[Row]:
    """Time beside the bound and beside dlt, at 200 requests a (shortened) minute and 300 ms a response."""
    bench.sim.latency, least, spans, refused = SLOW, bench.least(CORE), [], []
    for name in ("connector", "dlt"):
        bench.sim.limiter = Limiter(RateLimit(200), own_limits=False, time_scale=window / 60)
        bench.dlt() if name == "dlt" else bench.sync(CORE)
        spans.append(bench.span())
        refused.append(str([request.status for request in bench.sim.requests].count(429)))
        bench.times[name] = [request.at - bench.sim.requests[0].at for request in bench.sim.requests]
    full = ceil(least / 200) - 1  # windows that end before the last one begins
    bound = max(full * window + (least - 200 * full) * SLOW / WORKERS, least * SLOW / WORKERS)
    return [
        row("200 requests a window: time beside the bound", "s", (spans[0], bound), "1.10"),
        row("200 requests a window: time beside dlt", "s", spans, "1.00"),
        ("200 requests a window: responses 429 beside dlt", *refused, "", "none"),
    ]


def without_components(bench: Bench) -> list[Row]:
    """Requests and lost records when every custom component is replaced by the CDK's own, with three faults."""

    def identities(done: Run) -> set[tuple[str, ...]]:
        records = ((record["stream"], record["data"]) for record in done.messages("record"))
        return {(stream, *(str(data.get(key, "")) for key in STREAMS[stream].key)) for stream, data in records}

    bench.sim.latency, bench, found, sent = 0, replace(bench, months=6), [], []
    for command in (CONNECTOR, (*LAUNCH, "stock")):
        bench.sim.faults[:] = [Fault(*fault) for fault in FAULTS]
        found.append(identities(bench.sync(CORE, *command)))
        sent.append(len(bench.sim.requests))
    lost = [f"{len(other - own):,}" for own, other in (found, found[::-1])]
    return [
        row("Stock manifest, three faults: requests", "", sent),
        (f"Stock manifest, three faults: lost records of {len(found[0]):,}", *lost, "", ""),
    ]


def speed(bench: Bench, count: int = 10_000) -> list[Row]:
    """Records a second of one nested stream, from the first request to the end of the process."""
    SIZES["catalog"], rates = replace(SIZES["tiny"], destination_catalog=count), []
    with Simulator(size="catalog", cache_responses=True) as sim:
        for command in ((*LAUNCH, "stock"), CONNECTOR):  # the first one also fills the simulator's cache
            done = replace(bench, sim=sim).sync(["catalog_destinations"], *command)
            rates.append(count / (done.ended - sim.requests[0].at))
    return [row("One nested stream: records a second beside the stock CDK", "", rates[::-1], "at least 1.50")]


def start(bench: Bench, rounds: int = 2) -> list[Row]:
    """How long `spec` and `check` take, beside the import of the CDK and one response."""
    bench.sim.latency = FAST
    bench.sync(["workspace"])
    bare = sys.executable, "-c", "import airbyte_cdk.entrypoint, os; os._exit(0)"
    commands = bare, (*CONNECTOR, "spec"), (*CONNECTOR, "check", "--config", str(bench.folder / "config.json"))
    runs = [[run(bench.folder / "messages.jsonl", *command) for command in commands] for _ in range(rounds)]
    base, spec, check = (min(done.ended - done.started for done in column) for column in zip(*runs, strict=True))
    name = f"check ({(len(bench.sim.requests) - 1) // rounds} request): time beside the CDK's import and a response"
    return [row("spec: time beside the CDK's import", "s", (spec, base)), row(name, "s", (check, base + FAST))]


STEPS = requests, without_components, speed, start, without_limit, at_the_limit
