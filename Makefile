# Everything a user or a developer does, from any directory: `make help` lists it.
# The first target that needs it creates .venv; PYTHON=python3.12 chooses the Python.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The checkout's path may hold spaces, so only the shell handles it, and quoted.
makefile := $(subst ','\'',$(MAKEFILE_LIST))
root := $(shell cd "$$(dirname "$$(printf %s '$(makefile)' | sed 's/^ //')")" && pwd)
in_root := cd '$(subst ','\'',$(root))' &&
python := $(in_root) .venv/bin/python

export NO_COLOR := 1
# PyAirbyte takes over logging and warnings of its process, so these tests get one of their own.
with_pyairbyte := unit_tests/demo unit_tests/test_pyairbyte.py
PYTEST_ARGS ?= --numprocesses auto --dist loadfile

.PHONY: help setup demo sync simulator test postgres-test check lint fix audit image-test benchmark drift \
	bundle expected erd docs dist lock clean

help: ## list these targets
	@$(in_root) awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "%-15s%s\n", $$1, $$2 }' Makefile

setup: ## prepare .venv from requirements.lock (every target below does it when needed)
	@$(in_root) PYTHON='$(PYTHON)' sh scripts/setup.sh

demo: setup ## sync a simulated Segment workspace into a DuckDB file
	@$(python) -m demo

sync: setup ## sync a real one: SEGMENT_API_TOKEN, SEGMENT_START_DATE, SEGMENT_REGION, STREAMS=all
	@$(python) -m demo --real

simulator: setup ## serve the simulated Segment Public API (ARGS="--help" tells the options)
	@$(python) -m simulator $(ARGS)

test: lint ## formatter, linters, type checker, then all tests (PYTEST_ARGS="-k users")
	$(python) -m pytest --color=no $(PYTEST_ARGS) $(addprefix --ignore=,$(with_pyairbyte)) || test $$? = 5
	$(python) -m pytest --color=no $(PYTEST_ARGS) $(with_pyairbyte) || test $$? = 5

postgres-test: setup ## read all streams into a Postgres server of its own and run the queries there
	@$(in_root) CI=1 .venv/bin/python -m pytest --color=no unit_tests/demo -k postgres

lint check: setup ## formatter, linters and type checker only
	$(python) -m ruff format --check
	$(python) -m ruff check
	$(python) -m mypy --no-color-output
	$(in_root) .venv/bin/zizmor --offline --quiet --no-progress .github/workflows
	$(python) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

fix: setup ## format, and repair what the linter can
	$(python) -m ruff format
	$(python) -m ruff check --fix
	$(python) -m ruff format

audit: setup ## look for known vulnerabilities in what the locks name
	@$(python) scripts/audit.py

image-test: setup ## build the container image and run it against the simulator
	@$(in_root) sh scripts/image_test.sh

benchmark: setup ## measure speed and memory
	@$(in_root) sh scripts/setup.sh benchmarks
	@$(python) -m benchmarks

drift: setup ## compare the schemas with the API's published ones (FACTS=folder)
	@$(python) scripts/drift.py $(FACTS)

bundle: setup ## write build/manifest.yaml, one file for the Connector Builder
	@$(python) scripts/bundle.py

expected: setup ## write expected records and catalog of the acceptance tests again
	@$(python) scripts/expected_records.py

erd: setup ## draw the entity-relationship diagram again
	@$(python) scripts/erd.py

docs: setup ## write the generated parts of the documentation again
	@$(python) scripts/docs.py

dist: setup ## build sdist and wheel into dist/
	@$(python) -m build --no-isolation --outdir dist

lock: setup ## lock the newest versions that fit
	@$(in_root) sh scripts/lock.sh

clean: ## remove .venv, caches and what was built
	@$(in_root) rm -rf .venv benchmarks/.venv build dist .mypy_cache .pytest_cache .ruff_cache
	@$(in_root) find . -name __pycache__ -type d -prune -exec rm -rf {} +
