# The only verbs to remember: run, test, check, bench.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export TABAYYAN_PORT ?= $(PORT)

.PHONY: run test test-all check bench lock
.DELETE_ON_ERROR:

# A stamp per lock file: installing again only when the lock has changed. pip checks every hash.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

run: $(VENV)/run.stamp  ## run the bot; without a token, a chat page on this machine (PORT=9000 for another port)
	$(BIN)/tabayyan run

test: $(VENV)/dev.stamp  ## all tests but the slow ones: at most 5 minutes on 2 cores
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/dev.stamp  ## all tests
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp  ## the content, the translations and the code
	$(BIN)/tabayyan check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock

bench: $(VENV)/dev.stamp  ## every benchmark, each printed beside a baseline
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.trends

lock:  ## renew both lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --extra semantic --extra scaled --extra build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --all-extras --constraint requirements.lock pyproject.toml -o requirements-dev.lock
