"""Run the connector in an image against the simulator: spec, check, discover and read.

`image_check.py IMAGE` mounts an image of buildah's storage and does what a container engine would:
entry point, environment, user and working directory are the image's own, the root file system is
read-only, and only /tmp can be written. Needs root. Exits 1 with what went wrong.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simulator.simulator import Simulator

METADATA = Path(__file__).resolve().parent.parent / "metadata.yaml"
# $1 is the root of the image, $2 its working directory, $3 what is mounted there, $4 the user.
ENTER = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t tmpfs tmpfs "$1/tmp"
mount --bind -o ro "$3" "$1/$2" && mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev"
root=$1 work=$2 user=$4 && shift 4
exec chroot --userspec="$user" "$root" env -i -C "$work" "$@"
"""
# Prints the user, and fails if anything but /tmp can be written.
PROBE = "id -un && ! touch /probe ~/probe 2>/dev/null && touch /tmp/probe"


def main() -> None:
    """Check the image named on the command line."""
    image = sys.argv[1]
    config = json.loads(_output("buildah", "inspect", "--type", "image", image))["OCIv1"]["config"]
    environment = dict(item.split("=", 1) for item in config["Env"])
    _expect(config["Entrypoint"] == [environment["AIRBYTE_ENTRYPOINT"]], str(config))

    container = _output("buildah", "from", image).strip()
    try:
        root = Path(_output("buildah", "mount", container).strip())
        _expect(not (root / "etc/pip.conf").exists(), "the image carries settings of pip")
        with tempfile.TemporaryDirectory() as data, Simulator() as api:
            Path(data).chmod(0o755)
            enter = ["unshare", "--mount", "sh", "-euc", ENTER, "sh"]
            enter += [str(root), config["WorkingDir"], data, config["User"], *config["Env"]]
            user = _output(*enter, "sh", "-euc", PROBE)
            _expect(user.strip() == "airbyte", f"the connector runs as {user}")
            _check([*enter, *config["Entrypoint"]], Path(data), api)
    finally:
        _output("buildah", "rm", container)


def _check(connector: list[str], data: Path, api: Simulator) -> None:
    """Run the four commands of the protocol and print what each one answered."""
    config = {"api_token": api.token, "api_url": api.url, "region": "us"}
    config["start_date"] = "2026-01-01T00:00:00Z"
    (data / "config.json").write_text(json.dumps(config))
    given = ("--config", "config.json")

    spec = _one(_messages(connector, "spec"), "SPEC")["spec"]["connectionSpecification"]
    print(f"image-test: spec with {len(spec['properties'])} settings")

    status = _one(_messages(connector, "check", *given), "CONNECTION_STATUS")["connectionStatus"]
    _expect(status["status"] == "SUCCEEDED", str(status))
    print("image-test: check succeeded")

    streams = _one(_messages(connector, "discover", *given), "CATALOG")["catalog"]["streams"]
    print(f"image-test: discover with {len(streams)} streams")

    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    # The others are paced to the low limits of their operations, which takes minutes.
    suggested = yaml.safe_load(METADATA.read_text())["data"]["suggestedStreams"]["streams"]
    streams = [stream for stream in streams if stream["name"] in suggested]
    catalog = {"streams": [{"stream": stream, **modes} for stream in streams]}
    (data / "catalog.json").write_text(json.dumps(catalog))
    messages = _messages(connector, "read", *given, "--catalog", "catalog.json")
    records = Counter(m["record"]["stream"] for m in messages if m["type"] == "RECORD")
    _expect(records.keys() == set(suggested), f"records of {sorted(records)} only")
    complete = {
        status["stream_descriptor"]["name"]
        for status in (m["trace"].get("stream_status") for m in messages if m["type"] == "TRACE")
        if status and status["status"] == "COMPLETE"
    }
    _expect(complete == set(suggested), f"only {sorted(complete)} were read to the end")
    print(f"image-test: read {records.total()} records of {len(records)} streams")


def _messages(connector: Sequence[str], *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _output(*connector, *arguments).splitlines()]


def _one(messages: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    [message] = [message for message in messages if message["type"] == kind]
    return message


def _output(*command: str) -> str:
    """Return what a command prints; end with its messages if it fails."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    _expect(result.returncode == 0, f"{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(f"image-test: {otherwise}")


if __name__ == "__main__":
    main()
