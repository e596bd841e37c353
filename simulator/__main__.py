"""Command line: `python -m simulator --port 8080 --size small`."""

import argparse
import signal
from threading import Event

from simulator.limits import RateLimit
from simulator.simulator import Simulator
from simulator.sizes import SIZES


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser("python -m simulator", description="Segment API simulator")
    add = parser.add_argument
    add("--port", type=int, default=8080, help="0 picks a free one (default: 8080)")
    add("--size", choices=SIZES, default="small")
    add("--seed", type=int, default=1)
    add("--awkward", action="store_true", help="names and ids that break careless clients")
    add("--tier", choices=("free", "team", "business"), default="business")
    add("--region", choices=("us", "eu"), default="us")
    add("--token", help="the token to accept (default: a fixed fake one)")
    add("--latency-ms", type=float, default=0.0)
    add("--rate-limit", type=int, default=600, help="per minute; 0 for none")
    add("--own-limits", action="store_true", help="apply the lower limits of operations")
    args = parser.parse_args()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    options = vars(args)
    latency, rate = options.pop("latency_ms") / 1000, options.pop("rate_limit")
    simulator = Simulator(latency=latency, rate_limit=RateLimit(rate) if rate else None, **options)
    try:
        simulator.start()
    except (OSError, OverflowError) as error:
        parser.error(f"port {args.port} cannot be used: choose another ({error})")
    command = f"curl -H 'Authorization: Bearer {simulator.token}'"
    print(f"url:   {simulator.url}\ntoken: {simulator.token}")
    print(f"try:   {command} '{simulator.url}/sources?pagination.count=2'", flush=True)
    stop.wait()
    simulator.stop()


if __name__ == "__main__":
    main()
