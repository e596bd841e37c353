"""Runs a command with its output in a file and prints what that took, as one line of JSON.

A small process of its own: on Linux the peak memory of a child begins with that of the process that
started it, and the one that holds the simulated workspaces is large.
Needs nothing but the standard library.
"""

import json
import os
import subprocess
import sys
import time


def main(output: str, *command: str) -> None:
    """Run the command; its messages go to the file `output`, its errors to this process's own."""
    with open(output, "wb") as file:  # noqa: PTH123
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=file, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        ended = time.monotonic()
    print(
        json.dumps(
            {
                "code": os.waitstatus_to_exitcode(status),
                "started": started,
                "ended": ended,
                "megabytes": used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
