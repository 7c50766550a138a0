# `make` alone shows what there is. Every target sets up what it needs; `make demo` needs only Python 3.11 or later.

BIN := .venv/bin

# Containers often set it. Then each of the many processes that tests start compiles everything anew, at twice the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test faults coverage bench lint lock audit messages screenshots clean environment system-packages bench-packages judges

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## See the whole product at work; ONCE=1 sends one issue, checks it, and prints one JSON line
	@.ci/environment run
	@$(BIN)/newsletter demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: environment ## Lint, types, contracts, then every test on SQLite and on PostgreSQL
	@$(MAKE) --no-print-directory --jobs 2 --output-sync judges lint
	@$(BIN)/python tests/everything.py

faults: environment system-packages ## Every fault, 1,000 kills on each database; SEED=, KILLS=, ROUNDS=
	@$(BIN)/python tests/everything.py --faults

# Each module or package in benchmarks/ is one: `make bench ONLY=delivery`; QUICK=1 is a smoke of two minutes.
BENCHMARKS := $(filter-out __init__,$(basename $(notdir $(wildcard benchmarks/*.py)))) \
	$(patsubst benchmarks/%/__main__.py,%,$(wildcard benchmarks/*/__main__.py))

bench: environment bench-packages ## Ratios that tell whether it is fast by shape; ONLY=delivery, QUICK=1
	@for name in $(or $(ONLY),$(BENCHMARKS)); do $(if $(QUICK),QUICK=$(QUICK)) $(BIN)/python -m benchmarks.$$name || exit 1; done

coverage: environment system-packages ## Which branches the tests on SQLite reach; a third slower than without
	@$(BIN)/python -m pytest -q -n 3 -m "not (faults or browser or wheel or judges)" --cov --cov-branch --cov-report=term:skip-covered

lint: environment ## ruff, mypy and the contracts between rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry newsletter subscribers

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

lock: environment ## Renew the lock files: add what pyproject.toml has gained; UPGRADE=1 takes the newest of everything
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --output-file requirements.lock pyproject.toml
	@$(COMPILE) --upgrade --constraint requirements.lock --group install --output-file requirements-run.lock pyproject.toml

audit: environment ## Ask whether anything that is locked has a known vulnerability
	@$(BIN)/python .ci/audit.py requirements.lock

messages: environment ## Bring the catalogues of translations up to date with what code and templates say
	@$(BIN)/python -m tests.catalogues

screenshots: environment system-packages ## Take the README's pictures again
	@$(BIN)/python docs/screenshots.py

clean: ## Remove everything that was made here
	rm -rf .venv .judges .demo dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@.ci/environment test

system-packages:
	@.ci/system-packages tests

bench-packages:
	@.ci/system-packages bench

judges: system-packages
	@.ci/judges
