# Each target makes the virtual environment if it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test test-all lint format benchmark clean

demo: $(INSTALLED)
	$(BIN)/zwicky reproduce --scale demo --out demo
	$(BIN)/zwicky predict demo/sample_cluster.ecsv --out demo/sample_cluster_mass.ecsv --plot demo/sample_cluster.png
	@echo "Open demo/report.html"

test: $(INSTALLED)
	$(BIN)/python -m pytest

test-all: $(INSTALLED)
	$(BIN)/python -m pytest -m "slow or not slow"

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(INSTALLED)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[benchmarks]'
	$(BIN)/python -m benchmarks

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo .pytest_cache .ruff_cache
