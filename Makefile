# Everything is done in .venv; Python 3.11 or later is all that must be there.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PYTEST := $(BIN)/python -m pytest -p no:cacheprovider
# Three at a time, file by file, on two cores: half of a test is waiting.
TOGETHER := -n 3 --dist loadfile

# uv has a variable of its own for what pip reads from PIP_INDEX_URL.
UV_COMPILE := $(if $(PIP_INDEX_URL),UV_DEFAULT_INDEX=$(PIP_INDEX_URL)) $(BIN)/uv pip compile \
	--quiet --universal --generate-hashes --python-version 3.11 --no-header

.PHONY: run test quick bench lint types build bundle lock clean

run: $(VENV)/.run build ## the demo: data, agents, a simulator page
	HUB_DATA=$${HUB_DATA:-./data-demo} $(BIN)/hub serve --demo

test: $(VENV)/.dev build lint types ## everything
	$(PYTEST) $(TOGETHER) -q

quick: $(VENV)/.dev ## under two minutes
	$(PYTEST) $(TOGETHER) -q -x -m "not slow and not browser"

bench: $(VENV)/.dev build ## the figures, each as a ratio against its bound
	$(BIN)/python -m tests.bench

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/python hatch_build.py check

build: $(VENV)/.run ## the console and the widget, if their sources changed
	@needs=$$($(BIN)/python hatch_build.py needs); \
	if [ -n "$$needs" ]; then $(PIP) install "$$needs"; fi
	@$(BIN)/python hatch_build.py

bundle: $(VENV)/.dev build ## dist/…tar.gz: wheel, locked wheels and an install script that needs no network
	$(BIN)/python bundle.py

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The markers say which lock was installed last.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

lock: ## after changing dependencies in pyproject.toml
	$(PIP) install uv
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) hub/web/*/dist hub/web/*/node_modules .mypy_cache .ruff_cache .hypothesis
