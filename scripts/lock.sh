#!/bin/sh
# Writes every lock file again with the newest versions that fit pyproject.toml. The image's two
# locks repeat versions of requirements.lock, so that what is tested is what is shipped.
set -eu
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-build --no-emit-index-url --no-header --no-annotate --upgrade "$@"
}

compile pyproject.toml --group dev --output-file requirements.lock
compile pyproject.toml --constraint requirements.lock --output-file requirements-runtime.lock
echo hatchling | compile - --constraint requirements.lock --output-file requirements-build.lock
compile benchmarks/requirements.in --output-file benchmarks/requirements.lock
