#!/bin/sh
# Locks the newest versions that fit pyproject.toml; with UPGRADE= it changes only the versions that it must.
# The image gets the versions of requirements.lock, so that what is tested is what is shipped.
set -eu
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile pyproject.toml ${UPGRADE---upgrade} --quiet --universal --python-version 3.11 \
        --generate-hashes --no-build --no-emit-index-url --no-header --no-annotate "$@"
}
compile --group dev --output-file requirements.lock
compile --group build --constraint requirements.lock --output-file requirements-image.lock
