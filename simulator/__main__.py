"""Command line: `python -m simulator --port 8080 --size small`."""

from __future__ import annotations

import argparse
import signal
from threading import Event

from simulator.limits import RateLimit
from simulator.simulator import Simulator
from simulator.sizes import SIZES


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        "python -m simulator", description="Segment Public API simulator"
    )
    parser.add_argument("--port", type=int, default=8080, help="0 picks a free one (default: 8080)")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tier", choices=("free", "team", "business"), default="business")
    parser.add_argument("--region", choices=("us", "eu"), default="us")
    parser.add_argument(
        "--token", help="the token to accept, of 8 characters or more (default: a fixed fake one)"
    )
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--rate-limit", type=int, default=600, help="per minute; 0 for none")
    parser.add_argument(
        "--own-limits", action="store_true", help="apply the lower limits of operations"
    )
    args = parser.parse_args()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    simulator = Simulator(
        port=args.port,
        size=args.size,
        seed=args.seed,
        tier=args.tier,
        region=args.region,
        token=args.token,
        latency=args.latency_ms / 1000,
        rate_limit=RateLimit(args.rate_limit) if args.rate_limit else None,
        own_limits=args.own_limits,
    )
    try:
        simulator.start()
    except (OSError, OverflowError) as error:
        parser.error(f"port {args.port} cannot be used: choose another ({error})")
    print(f"url:   {simulator.url}\ntoken: {simulator.token}")
    print(
        f"try:   curl -H 'Authorization: Bearer {simulator.token}' "
        f"'{simulator.url}/sources?pagination.count=2'",
        flush=True,
    )
    stop.wait()
    simulator.stop()


if __name__ == "__main__":
    main()
