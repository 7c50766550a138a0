# `make` alone shows what there is. Every target sets up what it needs; `make demo` needs only Python 3.11 or later.

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test faults bench lint screenshots clean environment system-packages

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## See the whole product at work; ONCE=1 sends one issue, checks it, and prints one JSON line
	@.ci/environment run
	@$(BIN)/newsletter demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: environment system-packages lint ## Lint, types, contracts, then every test on SQLite and on PostgreSQL
	@$(BIN)/python tests/everything.py

faults: environment system-packages ## Every fault, 1,000 kills on each database; SEED=, KILLS=, ROUNDS=
	@$(BIN)/python tests/everything.py --faults

bench: environment ## Ratios that tell whether it is fast by shape
	@for script in benchmarks/*.py; do case $$script in */__init__.py) ;; *) $(BIN)/python $$script || exit 1 ;; esac; done

lint: environment ## ruff, mypy and the contracts between rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

screenshots: environment system-packages ## Take the README's pictures again
	@$(BIN)/python docs/screenshots.py

clean: ## Remove everything that was made here
	rm -rf .venv .demo dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@.ci/environment test

system-packages:
	@.ci/system-packages tests
