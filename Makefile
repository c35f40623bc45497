# Headgate: what a developer types. `make` alone lists the targets.
#
# Everything is installed into .venv, in this folder, and nowhere else. Needed beforehand: Python >= 3.11 with its venv
# module, git, make. Another interpreter than python3: `make PYTHON=python3.12 run`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest

.DEFAULT_GOAL := help
.PHONY: help run test check bench campaign memory golden clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: $(VENV)/.installed ## the main job: a day of delivery trucks through examples/fleet/fleet.iot
	$(BIN)/headgate run examples/fleet/fleet.iot --input examples/fleet/trucks.jsonl.gz

# The suite runs twice. First with the compiled kernels, as users run them; this run writes the report. Then with the same
# kernels as plain Python, where coverage can see into them, with fewer random programs, as they walk a tenth as fast; below
# the bar in pyproject.toml it fails, and if what .ci/every_branch.coveragerc names is not covered to the last branch.
test: $(VENV)/.installed ## the whole suite: with Numba (writes pytest_results.json), then without it, with coverage
	$(PYTEST) --json-report --json-report-file=pytest_results.json
	HEADGATE_NUMBA=0 HEADGATE_CAMPAIGN=5 $(PYTEST) --cov --timeout=400
	$(BIN)/coverage report --rcfile=.ci/every_branch.coveragerc

check: $(VENV)/.installed-dev ## what a change must pass beside the tests: ruff, formatting, mypy, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/typecheck
	$(PYTEST) tests/repository

bench: $(VENV)/.installed-bench ## rates of the workloads beside a Python loop, Polars, DuckDB and Bytewax; where engines have cliffs
	$(BIN)/python benchmarks/run.py --cpu
	$(BIN)/python benchmarks/extremes.py --cpu

# The same property tests as in the suite, with so many programs and inputs each. Hours: `make campaign CAMPAIGN=100000`.
CAMPAIGN ?= 5000
campaign: $(VENV)/.installed ## random programs against the reference interpreter, for as long as it takes
	HEADGATE_CAMPAIGN=$(CAMPAIGN) $(PYTEST) tests/property --timeout 0

memory: $(VENV)/.installed ## 100 million events through W6, and the resident memory on the way
	$(BIN)/python benchmarks/memory.py

golden: $(VENV)/.installed ## write the golden files anew; then read the difference before committing it
	HEADGATE_GOLDEN=write $(PYTEST) -k golden
	git status --short tests

clean: ## back to a fresh clone: removes .venv, caches, build output and results
	rm -rf $(VENV) build dist *.egg-info *.results.jsonl .coverage .coverage.* \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml when what that names is installed. `make run` and `make test` need no more than the
# first; the others add to the same environment.
$(VENV)/.installed: EXTRAS := cov,numba
$(VENV)/.installed-dev: EXTRAS := dev
$(VENV)/.installed-bench: EXTRAS := bench

$(VENV)/.installed $(VENV)/.installed-dev $(VENV)/.installed-bench: pyproject.toml | $(BIN)/python
	@echo "Installing Headgate [$(EXTRAS)] into $(VENV); the first time this takes a few minutes."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null # `uv venv` leaves pip out
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Headgate needs 3.11 or newer. Name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: its venv or ensurepip module is missing." >&2; \
	  echo "On Debian and Ubuntu: sudo apt-get install python3-venv, then try again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
