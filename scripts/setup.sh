#!/bin/sh
# Prepares .venv with the newest suitable Python, or the one named by $PYTHON.
set -eu
cd "$(dirname "$0")/.."

suitable='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

for python in "${PYTHON:-.venv/bin/python}" python3.13 python3.12 python3.11 python3 python; do
    if "$python" -c "$suitable" 2>/dev/null; then
        exec "$python" scripts/bootstrap.py "$@"
    elif [ -n "${PYTHON:-}" ]; then
        break
    fi
done
echo "setup: ${PYTHON:-no python on PATH} is not Python 3.11, 3.12 or 3.13 with its venv module" \
    "(on Debian and Ubuntu: apt install python3-venv)." >&2
exit 1
