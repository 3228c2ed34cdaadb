# Two commands: `make run` (the first study, from nothing to its report) and `make test` (lint, types, tests).
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= reward-collapse
# uv does not read pip's own setting for a folder of wheels; hand it on, so that a local build of torch is found.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# One thread a job: two trainings side by side on two cores are faster than one training on both (measured).
export OMP_NUM_THREADS ?= 1

.PHONY: help setup run test lint types unit slow serve clean

help:
	@echo "make run    set up, run the study $(STUDY), say where its report is"
	@echo "make test   set up, lint, check types and layers, run all tests"
	@echo "make serve  set up, start the dev server for LangGraph Studio and the API"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; install Python 3.11, or: make PYTHON=python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt -e ".[train,server,mcp,dev]"
	@touch $@

run: setup
	$(BIN)/postgrad study $(STUDY)

test: setup lint types unit slow
	@$(BIN)/python -m tests.untested

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest -m "not slow" -n 2

# Whole runs wait for their jobs and for servers half of the time: three at once fill two cores.
slow: setup
	$(BIN)/python -m pytest -m slow -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/server
	$(BIN)/python -m pytest -m slow tests/server

serve: setup
	$(BIN)/langgraph dev --no-browser --no-reload --n-jobs-per-worker 10

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
