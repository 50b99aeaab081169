# Each target makes the virtual environment if it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test test-all test-processors test-generic test-haswell lint format benchmark docs dist smoke \
  lowest clean

demo: $(INSTALLED)
	$(BIN)/zwicky reproduce --scale demo --out demo
	$(BIN)/zwicky predict demo/sample_cluster.ecsv --redshift-error 0 --centre-error 0 --tracer all \
	  --out demo/sample_cluster_mass.ecsv --plot demo/sample_cluster.png
	$(BIN)/zwicky predict demo/sample_cluster.ecsv --model cnn_2d
	@echo "Open demo/report.html"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "slow or not slow"

# What is written in vectors, compiled for other processors than this one: any x86-64, and AVX2 without AVX-512.
VECTOR_TESTS := tests/universe/test_lanes.py tests/universe/test_gravity.py \
  tests/estimators/test_sdm_divergence.py tests/estimators/test_filtering.py tests/images/test_density_images.py
test-processors: test-generic test-haswell

test-generic: $(INSTALLED)
	NUMBA_CPU_NAME=generic $(BIN)/python -m pytest -q -k "not ewald" $(VECTOR_TESTS)

test-haswell: $(INSTALLED)
	[ `uname -m` != x86_64 ] || \
	NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+avx2 $(BIN)/python -m pytest -q -k "not ewald" $(VECTOR_TESTS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(INSTALLED)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[benchmarks]'
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

# Wheel and source distribution in dist/, checked for PyPI; then the wheel alone in an environment of its own.
dist:
	rm -rf dist $(VENV)-dist
	$(PYTHON) -m venv $(VENV)-dist
	$(VENV)-dist/bin/python -m pip install --quiet build twine
	$(VENV)-dist/bin/python -m build
	$(VENV)-dist/bin/python -m twine check --strict dist/*

smoke: dist
	rm -rf $(VENV)-dist
	$(PYTHON) -m venv $(VENV)-dist
	$(VENV)-dist/bin/python -m pip install --quiet dist/*.whl
	PATH="$(CURDIR)/$(VENV)-dist/bin:$$PATH" .ci/smoke

# The lowest versions that pyproject.toml allows, and the rooms that need no more than the core.
lowest:
	rm -rf $(VENV)-lowest
	$(PYTHON) -m venv $(VENV)-lowest
	.ci/lowest "pandas>=2.2.2" > $(VENV)-lowest/lowest.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --only-binary :all: -r $(VENV)-lowest/lowest.txt pytest hypothesis
	$(VENV)-lowest/bin/python -m pip install --quiet --no-deps .
	PATH="$(CURDIR)/$(VENV)-lowest/bin:$$PATH" .ci/smoke
	$(VENV)-lowest/bin/python -m pytest -q -o filterwarnings=default tests/io tests/tables tests/images tests/survey

# From nothing: the tutorials' universe is simulated, their notebooks are run, and a warning is an error.
docs: $(VENV)/.docs
	rm -rf docs/_build docs/_made docs/reference/made
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

$(VENV)/.docs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	touch $@

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-dist $(VENV)-lowest dist demo docs/_build docs/_made docs/reference/made \
	  .pytest_cache .ruff_cache
