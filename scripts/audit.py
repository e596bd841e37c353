"""Look for known vulnerabilities in what the lock files name, with pip-audit.

The locks of the image repeat versions of requirements.lock, so that one speaks for them too.
Exits 1 if there are any, 0 if there are none or if the advisories cannot be reached; the last
line says which.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Audit every requirements.lock of this checkout."""
    # A mirror of the index without advisories answers "not found": one package tells.
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as probe:
        print("requests==2.31.0", file=probe, flush=True)
        known = _audit(Path(probe.name))
    if not any(package.get("vulns") for package in known):
        print("audit: not done, the vulnerability service cannot be reached from here")
        return

    found = audited = 0
    for lock in (ROOT / "requirements.lock", *ROOT.glob("*/requirements.lock")):
        for package in _audit(lock):
            if "skip_reason" in package:
                sys.exit(f"audit: {lock.relative_to(ROOT)}: {package['skip_reason']}")
            audited += 1
            for vulnerability in package["vulns"]:
                found += 1
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
                print(f"{package['name']} {package['version']}: {vulnerability['id']}, in {fixed}")
    print(f"audit: {found} known vulnerabilities in {audited} locked packages")
    sys.exit(found > 0)


def _audit(requirements: Path) -> list[dict[str, Any]]:
    """Return pip-audit's findings a package; none at all when it cannot reach its service."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format", "json"]
    result = subprocess.run(
        [*command, "--progress-spinner", "off", "--requirement", requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if not result.stdout and "ConnectionError" not in result.stderr:
        sys.exit(result.stderr)
    packages: list[dict[str, Any]] = json.loads(result.stdout or "{}").get("dependencies", [])
    return packages


if __name__ == "__main__":
    main()
