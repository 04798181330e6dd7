# Everything sets itself up: `make demo` and `make test` need Python 3.11 to 3.13 and nothing else.

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c "$(FITS)" 2>/dev/null && echo $$each && break; done)
CORPORA := $(wildcard ../shared/corpora)
export FEATSER_CORPORA ?= $(if $(CORPORA),$(abspath $(CORPORA)))

.PHONY: demo test test-slow check format lint types imports bench bench-accuracy docs torch clean

demo: $(READY)
	$(BIN)/featser demo

# One thread per process for matrix products, since two processes share the cores already.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: $(READY)
	$(BIN)/pytest -n 2 -q -m "not slow"

test-slow: $(READY)
	$(BIN)/pytest -n 2 -q -m slow

check: format lint types imports docs test test-slow

format: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python benchmarks/first_number.py
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/latency.py

bench-accuracy: $(READY)
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/featser report --no-recordings --out reports
	$(BIN)/python benchmarks/figures.py

# The documentation site, into site/; a warning is an error.
docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict --quiet

$(VENV)/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@

# The networks' optional part, as a build without CUDA, which is a tenth as large; their tests skip without it.
torch: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "torch==2.13.0+cpu"

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "featser needs Python 3.11, 3.12 or 3.13; none was found." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo site reports/runs
