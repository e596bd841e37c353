# What users and developers run, from any directory. PYTHON=python3.12 chooses the Python of .venv.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The path of the checkout may contain spaces, so it is only used quoted, by the shell.
makefile := $(subst ','\'',$(MAKEFILE_LIST))
root := $(shell cd "$$(dirname "$$(printf %s '$(makefile)' | sed 's/^ //')")" && pwd)
in_root := cd '$(subst ','\'',$(root))' &&
python := $(in_root) .venv/bin/python

export NO_COLOR := 1
unexport PYTHONDONTWRITEBYTECODE # else each process compiles what it imports
# Some tests wait more than they compute, so three processes share two cores. By name, long files come first.
processes := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2)
PYTEST_ARGS ?= $(processes) --dist loadfile --no-loadscope-reorder
pytest := $(python) -m pytest --color=no $(PYTEST_ARGS)
yaml_rules := {extends: default, rules: {braces: {forbid: non-empty}, comments: {min-spaces-from-content: 1}, \
	document-start: disable, line-length: {max: 120}}}

.PHONY: help setup demo sync simulator test test-fast postgres-test live check lint validate fix audit \
	image-test benchmark bundle docs dist lock clean

help: ## list these targets
	@$(in_root) awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "%-15s%s\n", $$1, $$2 }' Makefile

demo: setup ## sync a simulated Segment workspace into a DuckDB file and write a report
	@$(python) -m demo

sync: setup ## sync a real workspace: SEGMENT_API_TOKEN, SEGMENT_START_DATE, SEGMENT_REGION, STREAMS=all
	@$(python) -m demo --real

live: setup ## compare a real workspace with what the connector assumes: SEGMENT_API_TOKEN, SEGMENT_REGION
	@$(python) -m integration_tests.live

simulator: setup ## serve the simulated Segment Public API (ARGS="--help" lists its options)
	@$(python) -m simulator $(ARGS)

test: check ## run the checks and all tests (PYTEST_ARGS="-k users" selects some)
	$(pytest)

test-fast: setup ## run the tests that take less than a minute in all
	$(pytest) -m "not slow"

postgres-test: setup ## read all streams into a Postgres server of its own and run the queries there
	@$(in_root) CI=1 .venv/bin/python -m pytest --color=no unit_tests/demo -k postgres

check: setup validate ## check formatting, types, the manifest and the workflows
	$(python) -m ruff format --check
	$(python) -m ruff check
	$(python) -m mypy --no-color-output
	$(python) -m yamllint --strict --config-data '$(yaml_rules)' manifest.yaml
	$(in_root) .venv/bin/zizmor --offline --quiet --no-progress .github/workflows
	$(python) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(python) -m check_jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml

lint: check

validate: setup ## check the manifest against the CDK's component schema
	@$(python) -m scripts.validate

fix: setup ## format the code and fix what the linter can fix
	$(python) -m ruff format
	$(python) -m ruff check --fix
	$(python) -m ruff format

docs: setup ## write the generated documentation, the diagram and the expected records again
	@$(python) -m scripts.docs

bundle: setup ## write build/manifest.yaml and build/components.py for the Connector Builder
	@$(python) -m scripts.bundle

benchmark: setup ## measure requests, time and memory
	@$(python) -m benchmarks

image-test: setup ## build the container image and run it against the simulator (as root, on Debian)
	@$(in_root) sh scripts/image_test.sh

dist: setup ## build sdist and wheel into dist/
	@$(python) -m build --no-isolation --outdir dist

lock: setup ## lock the newest versions of all packages
	@$(in_root) sh scripts/lock.sh

audit: setup ## look for known vulnerabilities in the locked packages
	$(python) -m pip_audit --disable-pip --require-hashes --requirement requirements.lock

setup: ## create or update .venv; the other targets do it when needed
	@$(in_root) PYTHON='$(PYTHON)' sh scripts/setup.sh

clean: ## remove .venv, caches and build results
	@$(in_root) rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache
	@$(in_root) find . -name __pycache__ -type d -prune -exec rm -rf {} +
