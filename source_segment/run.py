"""The console script `source-segment`: spec, check, discover and read."""

import ctypes
import gc
import logging
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, FailureType
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_segment.components import dumped, failure
from source_segment.source import SourceSegment

logger = logging.getLogger("airbyte")


def run() -> None:
    """Run the command line and end the process, without waiting for workers that still sleep.

    A signal ends it in order, and then as signals do: callers such as PyAirbyte expect that.
    """
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: sys.exit(128 + number))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    with suppress(AttributeError, OSError, TypeError):  # not glibc
        ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX: one pool of memory, not one a thread
    gc.freeze()  # what is imported stays, and records form no cycles: collect seldom
    gc.set_threshold(50_000, 50, 100)
    code = main(sys.argv[1:])
    if code > 128:
        signal.signal(code - 128, signal.SIG_DFL)
        os.kill(os.getpid(), code - 128)
    os._exit(code)


def main(args: list[str]) -> int:
    """Run one command, its messages going to stdout; the exit code is 0 if it ended well."""
    parsed = AirbyteEntrypoint.parse_args(args)
    for handler in logging.root.handlers:
        handler.addFilter(_is_news)
    try:
        with PRINT_BUFFER:
            for line in _messages(parsed):
                print(filter_secrets(line) + "\n", end="")
        return 0
    except BrokenPipeError:  # nobody reads any more
        return 1
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else 1
    except Exception as error:
        trace = error
        if not isinstance(trace, AirbyteTracedException):
            trace = AirbyteTracedException.from_exception(error)
            trace.message = f"The connector failed: {type(error).__name__}: {error}"
        answer = trace.as_connection_status_message() if parsed.command == "check" else None
        message = answer or trace.as_sanitized_airbyte_message()
        print(AirbyteEntrypoint.airbyte_message_to_string(message), flush=True)
        return 0 if answer else 1


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log line is no traceback of a failure that a message tells in a sentence."""
    return not (record.exc_info and isinstance(record.exc_info[1], AirbyteTracedException))


def _messages(args: Namespace) -> Iterable[str]:
    files = {name: _load(args, name) for name in ("catalog", "config", "state")}
    source = SourceSegment(**files, command=args.command)
    entrypoint = AirbyteEntrypoint(source)
    if args.command != "read":
        return entrypoint.run(args)
    # The stock read copies the config to a file, and its serializer drops the nulls of a record.
    logger.setLevel(logging.DEBUG if args.debug else logging.INFO)
    return map(_line, entrypoint.read(source.spec(logger), *source.arguments))


def _load(args: Namespace, name: str) -> Any:
    """What `SourceSegment.read_config` and its like make of a file, if it is given."""
    path = getattr(args, name, None)
    try:
        return None if path is None else getattr(SourceSegment, f"read_{name}")(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"The {name} file {path} cannot be read: {reason}. Check --{name}."
        raise failure(FailureType.config_error, message) from None


def _line(message: AirbyteMessage) -> str:
    record = message.record
    if record is None:
        return AirbyteEntrypoint.airbyte_message_to_string(message)
    body = {
        "type": "RECORD",
        "record": {"stream": record.stream, "data": record.data, "emitted_at": record.emitted_at},
    }
    return dumped(body).decode()
