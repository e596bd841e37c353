"""Create the virtual environment of this checkout from a lock file, once.

`bootstrap.py` prepares `.venv` from `requirements.lock`, with this project installed editable;
`bootstrap.py benchmarks` prepares `benchmarks/.venv` from `benchmarks/requirements.lock`.
A finished environment carries a stamp of what it was made from, so that the next run only
compares. Started twice at the same time, the second one waits for the first.
Needs nothing but the standard library.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "made-from"
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--no-deps")


def main() -> None:
    """Prepare the environment named on the command line."""
    home = ROOT.joinpath(*sys.argv[1:2])
    venv, lock = home / ".venv", home / "requirements.lock"
    project = ROOT / "pyproject.toml" if home == ROOT else None

    stamp = "\n".join(
        [
            "{}.{}".format(*sys.version_info),
            str(venv),
            _digest(lock),
            _installed_part(project) if project else "",
        ]
    )
    if _read(venv / STAMP) == stamp:
        return
    with (home / ".venv.lock").open("w") as guard:
        _wait_for_turn(guard.fileno())
        if _read(venv / STAMP) != stamp:
            _build(venv, lock, project)
            partial = venv / f"{STAMP}.new"
            partial.write_text(stamp)
            partial.replace(venv / STAMP)


def _wait_for_turn(guard: int) -> None:
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("waiting for another setup of this checkout to finish")
        fcntl.flock(guard, fcntl.LOCK_EX)


def _build(venv: Path, lock: Path, project: Path | None) -> None:
    started = time.monotonic()
    _say(f"installing {lock.name} into {venv} (once, one to two minutes)")
    base = getattr(sys, "_base_executable", sys.executable)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([base, "-m", "venv", venv], check=True)
    python = str(venv / "bin" / "python")

    # The lock names every package, so nothing is resolved here, and nothing is built from source.
    locked = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    _install([python, *PIP, *locked], total=lock.read_text().count("=="))
    if project:
        _install([python, *PIP, "--no-build-isolation", "--editable", str(project.parent)])
    _say(f"ready after {time.monotonic() - started:.0f} s")


def _install(command: list[str], total: int = 0) -> None:
    """Run pip; a long installation tells how far it is, a failed one everything that pip said."""
    said: list[str] = []
    collected = 0
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith("Collecting "):
                collected += 1
                if collected % 50 == 0:
                    _say(f"{collected} of about {total} packages fetched")
    if pip.returncode:
        sys.exit("".join(said) + "setup: the installation failed, see above.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _installed_part(project: Path) -> str:
    """What of pyproject.toml decides on the installation; the rest configures checkers."""
    content = tomllib.loads(project.read_text())
    tables = [content["build-system"], content["project"], content["tool"]["hatch"]]
    return hashlib.sha256(repr(tables).encode()).hexdigest()


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
