#!/bin/sh
# Creates .venv from requirements.lock, with the newest suitable Python or the one that $PYTHON names. Takes a minute
# or two the first time and after a change of the lock file, and no time otherwise.
set -eu
cd "$(dirname "$0")/.."

# Prints the path of a suitable interpreter, and not that of a virtual environment, which may be deleted below.
suitable='import ensurepip, sys, venv
print(sys._base_executable if (3, 11) <= sys.version_info[:2] <= (3, 13) else sys.exit(1))'
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- .venv/bin/python python3.13 python3.12 python3.11 python3 python
fi
python=
for candidate; do
    python=$("$candidate" -c "$suitable" 2>/dev/null) && break
done
if [ -z "$python" ]; then
    echo "setup: ${PYTHON:-no python on PATH} is not Python 3.11, 3.12 or 3.13 with its venv module" \
        "(on Debian and Ubuntu: apt install python3-venv)." >&2
    exit 1
fi

install() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install --no-deps --no-compile "$@"
}
is_new() { # file, content: whether the file has other content
    [ "$(cat "$1" 2>/dev/null)" != "$2" ]
}

packages="$("$python" -V) $(pwd) $(cksum <requirements.lock)"
if is_new .venv/packages "$packages"; then
    echo "setup: installing requirements.lock into .venv (a minute or two)" >&2
    rm -rf .venv
    "$python" -m venv .venv
    awk '/^[^ ]/ { is_pip = /^pip==/ } is_pip' requirements.lock >.venv/pip.lock # that of Python takes twice as long
    for lock in .venv/pip.lock requirements.lock; do
        install --require-hashes --only-binary :all: --requirement "$lock"
    done
    echo "$packages" >.venv/packages
fi
project=$(cksum <pyproject.toml)
if is_new .venv/project "$project"; then
    install --no-build-isolation --editable .
    echo "$project" >.venv/project
fi
