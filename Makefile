# Everything here needs Python 3.11 or newer with pip and venv, and make. Nothing else.
# `make PYTHON=/path/to/python3.12 …` picks another interpreter for the environment.

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13,$(if \
  $(shell $(name) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>&1 || echo no),,$(name))) \
  python3)
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run test test-long check format clean

help:  ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

run: $(VENV)/.stamp-run  ## demo city, plan, map in the browser (options: make run ARGS="--port 9000")
	$(BIN)/jingge run $(ARGS)

test: $(VENV)/.stamp-test  ## the tests, two at once (options: make test ARGS="tests/grid -x" WORKERS=0)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-long: $(VENV)/.stamp-test  ## the tests with all of their cases, and those that take minutes
	JINGGE_LONG=1 JINGGE_FLOW=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.stamp-lint  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.stamp-lint  ## write the house format and the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment, caches and what `make run` wrote
	rm -rf $(VENV) var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Expected Python 3.11 or newer, got %s. Try make PYTHON=python3.11 …" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stamp-run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Jingge into $(VENV) (about a minute, once) …"
	$(INSTALL) -e .
	@touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-run
	@echo "Installing what the tests need …"
	$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.stamp-lint: $(VENV)/.stamp-test
	@echo "Installing the linters …"
	$(INSTALL) -e '.[test,lint]'
	@touch $@
