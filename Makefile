# Every target does its own set-up: a virtual environment in .venv, the locked dependencies with
# their hashes, and this repository installed in editable mode. It takes Python >= 3.11, make and
# the network's package registry; `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto
IMAGE ?=
NAME ?= robustness
FUZZ_SECONDS ?= 60
TIMES ?= 200
ARGS ?=

# The first of these that is recent enough and can make virtual environments.
suitable = import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(firstword $(foreach candidate,python3 python3.13 python3.12 python3.11 python3.14 python,\
	$(shell $(candidate) -c '$(suitable)' >/dev/null 2>&1 && echo $(candidate))))

##@ For everybody

.PHONY: help
help:  ## List every target
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

.PHONY: demo
demo: $(VENV)/.demo  ## Protect a photograph, repost it, recover its credentials (IMAGE=path, optional)
	@$(BIN)/python -m examples.demo $(if $(IMAGE),"$(IMAGE)")

.PHONY: serve
serve: $(VENV)/.service  ## Run the resolution service and its page on this machine (ARGS="--port 8000")
	@$(BIN)/indelible serve --public-manifests $(ARGS)

.PHONY: test
test: $(VENV)/.dev  ## Run the tests, README blocks included (JOBS=n processes, TESTS=paths)
	$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4 $(TESTS)

##@ For contributors

.PHONY: check
check: lint types imports fuzz test  ## What a change has to pass: lint, types, imports, fuzz, test

.PHONY: lint
lint: $(VENV)/.dev  ## Check style and formatting (ruff)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: types
types: $(VENV)/.dev link  ## Check types (mypy strict, then pyright)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: imports
imports: $(VENV)/.dev link  ## Check who imports whom (import-linter; rules in pyproject.toml)
	PYTHONPATH=build/link $(BIN)/lint-imports --no-logo

.PHONY: fuzz
fuzz: $(VENV)/.dev  ## Feed hostile bytes to every parser and decoder, under limits of time and memory (FUZZ_SECONDS=60)
	$(BIN)/python -m tests.fuzz.run $(FUZZ_SECONDS)

.PHONY: durability
durability: $(VENV)/.dev  ## Kill hundreds of processes that register, and PostgreSQL under them (TIMES=200)
	$(BIN)/python -m tests.registry.killing --times $(TIMES)

.PHONY: kill-scans
kill-scans: $(VENV)/.dev  ## Kill a scan again and again, and compare it with one that nobody killed (TIMES=50)
	$(BIN)/python -m tests.scan.killing --times $(if $(filter command% env%,$(origin TIMES)),$(TIMES),50)

.PHONY: leaks
leaks: $(VENV)/.dev  ## Try every trick of a hostile upstream behind every route of the gateway
	$(BIN)/python -m tests.gateway.leaking

.PHONY: integrations
integrations: $(VENV)/pyvenv.cfg  ## Test the hooks against what they hook into, each in an environment of its own (ONLY=gradio)
	@for file in tests/integrations/environments/$(or $(ONLY),*).txt; do \
		name=$$(basename $$file .txt); place=build/integrations/$$name; \
		echo "== $$name"; \
		[ -x $$place/bin/python ] || $(BIN)/python -m venv $$place; \
		$$place/bin/python -m pip install --quiet --disable-pip-version-check \
			--requirement $$file --editable . pytest scikit-image; \
		$$place/bin/python -m pytest tests/integrations/test_$$name.py; \
	done

.PHONY: readme
readme: $(VENV)/.dev  ## Run the README's blocks alone
	$(BIN)/python -m pytest tests/test_readme.py

.PHONY: format
format: $(VENV)/.dev  ## Format the code and apply safe fixes
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: lock
lock: build/lock/bin/uv  ## Write requirements/*.txt from pyproject.toml (UPGRADE=1: newer releases)
	$(compile) --group dev $(extras) $(if $(UPGRADE),--upgrade) --output-file requirements/dev.txt
	$(compile) --group demo --constraints requirements/dev.txt --output-file requirements/demo.txt
	$(compile) --group demo --extra service --extra evidence --constraints requirements/dev.txt \
		--output-file requirements/service.txt

extras := --extra pkcs11 --extra aws --extra postgres --extra objects --extra parquet --extra iscc --extra service --extra gateway --extra scan --extra ray --extra evidence --extra bench
# One file for every supported Python and platform, without the address of any package index.
compile = build/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

##@ Figures

.PHONY: bench-quick
bench-quick: $(VENV)/.dev  ## Run a small share of every benchmark (five minutes on two cores)
	$(BIN)/python -m benchmarks.quick $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev  ## Run one benchmark (NAME=robustness, speed, ...; ARGS="--help" lists options)
	$(BIN)/python -m benchmarks.$(NAME) $(ARGS)

##@ Tidying up

.PHONY: clean
clean:  ## Remove the virtual environment, caches and everything that was built
	rm -rf $(VENV) build dist ./*.egg-info .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache demo-output
	find src cli tests benchmarks examples -type d -name __pycache__ -prune -exec rm -rf {} +

# --- set-up --------------------------------------------------------------------------------------

$(VENV)/pyvenv.cfg:
	@if ! "$(PYTHON)" -c '$(suitable)' >/dev/null 2>&1; then \
		echo "$(or $(PYTHON),No Python found here) is not suitable: Indelible needs" \
			"Python 3.11 to 3.14 with the modules venv and ensurepip." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it:" >&2; \
		echo "    make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi
	$(PYTHON) -m venv $(VENV)

# pip refuses an editable project under --require-hashes, so the project follows by itself, built
# with the setuptools of the lock file and without looking for anything else.
pip = $(BIN)/python -m pip install --quiet --disable-pip-version-check

define install
	@$(pip) --require-hashes --requirement $(1)
	@$(pip) --no-deps --no-build-isolation --editable .
endef

$(VENV)/.demo: requirements/demo.txt pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing what the demo needs into $(VENV) (once) ..."
	$(call install,requirements/demo.txt)
	@touch $@

$(VENV)/.service: requirements/service.txt pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing what the service needs into $(VENV) (once) ..."
	$(call install,requirements/service.txt)
	@touch $@

# The development lock holds everything in the others.
$(VENV)/.dev: requirements/dev.txt pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing the development environment into $(VENV) (once) ..."
	$(call install,requirements/dev.txt)
	@touch $(VENV)/.demo $(VENV)/.service $@

# Type checkers and import-linter read folders, not the editable install's import hook: this is the
# package as they need to see it (docs/adr/0001-namespace-mapping.md).
.PHONY: link
link:
	@rm -rf build/link && mkdir -p build/link/indelible
	@for entry in src/* cli; do ln -s "../../../$$entry" build/link/indelible/; done

build/lock/bin/uv:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
