"""The console script `source-segment`: the commands spec, check, discover and read."""

import logging
import os
import shutil
import signal
import sys

import airbyte_cdk as cdk
from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH

from source_segment.components import CONFIG, failure
from source_segment.source import SourceSegment


def run() -> None:
    """Run the command line and end the process, without waiting for workers that sleep."""
    os.environ["NETRC"] = os.devnull  # requests would send its passwords in place of the token
    os.environ.pop(ENV_REQUEST_CACHE_PATH, None)  # the CDK sets it to its temporary folder
    sys.setswitchinterval(0.1)  # seconds; workers that interrupt each other more often take an eighth longer
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    os._exit(main(sys.argv[1:]))


def stop(number: int, *_: object) -> None:
    """End at once, even while the reader of stdout is stuck, and leave no file behind."""
    shutil.rmtree(os.environ.get(ENV_REQUEST_CACHE_PATH, ""), ignore_errors=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def main(args: list[str]) -> int:
    """Run one command, with its messages on stdout; returns the exit code."""
    for handler in logging.root.handlers:
        handler.addFilter(is_safe_to_log)
    given = vars(cdk.AirbyteEntrypoint.parse_args(args))
    try:
        if not os.path.exists(bundle := os.environ.get("REQUESTS_CA_BUNDLE", os.curdir)):  # noqa: PTH110
            raise failure(CONFIG, f"REQUESTS_CA_BUNDLE names {bundle}, which does not exist.")
        read = {name: getattr(SourceSegment, f"read_{name}") for name in ("catalog", "config", "state")}
        files = {name: reader(given[name]) for name, reader in read.items() if given.get(name)}
        cdk.launch(SourceSegment(**files, command=given["command"]), args)
        return 0
    except BrokenPipeError:  # nobody reads the messages
        return 1
    except cdk.AirbyteTracedException as error:
        traced = error
    except Exception as error:
        traced = cdk.AirbyteTracedException.from_exception(error, message=f"{type(error).__name__}: {error}")
    print(cdk.AirbyteEntrypoint.airbyte_message_to_string(traced.as_sanitized_airbyte_message()), flush=True)
    return 1


def is_safe_to_log(record: logging.LogRecord) -> bool:
    """Drop tracebacks, since errors are reported without, and response bodies, which may hold secrets."""
    vars(record).pop("body", None)
    return not record.exc_info and "Response Content" not in str(record.msg)
