# Every task, one line each: `make help`.
# PYTHON chooses the Python that .venv is made with: make run PYTHON=python3.12
# BROWSERS is how many browsers share the journeys.
# JOBS is how many processes share the tests (a number, or auto: one for each core).

PYTHON ?= python3
BIN := .venv/bin
CLIENTS := tests/senders/javascript
E2E := tests/e2e
DATABASES ?= sqlite,postgresql,mariadb
JOBS ?= auto
BROWSERS ?= 2
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-config --no-emit-index-url --no-emit-find-links --upgrade

# Settings of the shell must not reach the tests; which databases are tested may.
CLEAN := env $(foreach name,$(filter-out JEJAK_TEST_%,$(filter JEJAK_%,$(shell env | cut -d= -f1))),-u $(name))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test test-all e2e clients lint format types contract check lock wheel conformance hosts bench clean

help:  ## List these targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' \
		| awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

run: .venv/run  ## Serve on this machine; first makes all that is missing, and the first key
	@$(BIN)/jejak init
	@exec $(BIN)/jejak serve

demo: .venv/run  ## Fill the store with the demonstration agency: make demo [ARGS="--people 200"]
	@$(BIN)/jejak init
	$(BIN)/jejak demo --fill $(ARGS)

test: .venv/dev  ## Run the tests on SQLite (Python only)
	$(CLEAN) $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

test-all: .venv/dev clients  ## Run them on all databases, with curl and JavaScript clients [DATABASES=postgresql]
	$(CLEAN) JEJAK_TEST_DATABASES=$(DATABASES) JEJAK_TEST_CLIENTS=1 \
		$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

e2e: .venv/dev $(E2E)/node_modules/made  ## Walk the journeys in a browser (needs Chromium: apt-get install chromium)
	$(CLEAN) $(BIN)/python -m pytest -n $(BROWSERS) $(E2E) $(ARGS)

clients: $(CLIENTS)/node_modules/made  ## Install the JavaScript clients that test-all runs (npm)

lint: .venv/dev  ## Look for mistakes and loose formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev  ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev  ## Check the types
	$(BIN)/mypy

contract: .venv/dev  ## Check that imports only go downstairs
	$(BIN)/lint-imports

check: lint types contract test  ## All that a change must pass before it is handed in

lock: .venv/dev  ## Pin the newest versions that setup.cfg allows, with their hashes
	$(COMPILE) setup.cfg --extra build --output-file requirements.txt
	$(COMPILE) setup.cfg --extra build --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt

wheel: .venv/dev  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

conformance: .venv/run  ## Run the ADL suite: make conformance SUITE=<its folder> [DB=postgresql]
	$(BIN)/python -m tests.conformance.run_suite "$(SUITE)" $(DB)

hosts: .venv/dev  ## Try three hosts behind HAProxy (root, iproute2, haproxy): make hosts DATABASE=postgresql://… [ARGS=…]
	$(CLEAN) $(BIN)/python -m tests.hosts --database '$(DATABASE)' $(ARGS)

bench: .venv/dev  ## Measure speed: make bench [ARGS="--database postgresql --size 100k"] [TARGET=url,key,secret]
	$(CLEAN) $(BIN)/python -m tests.bench $(ARGS) $(if $(TARGET),--target '$(TARGET)')

clean:  ## Remove what was made here, except the data
	rm -rf .venv build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache $(CLIENTS)/node_modules $(E2E)/node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Jejak needs Python 3.11 or newer; $(PYTHON) is not. Choose one: make PYTHON=python3.12 …"; \
		exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "No environment could be made. On Debian and Ubuntu: apt-get install python3-venv"; \
		exit 1; }

.venv/run: .venv/bin/python requirements.txt setup.cfg
	@echo "Installing what Jejak needs into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
		--no-deps --no-index --editable .
	@rm -rf jejak.egg-info  # left by the build; would hide newer entry points from who runs here
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	@echo "Installing what the tests need into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-dev.txt
	@touch $@

$(E2E)/node_modules/made: $(E2E)/package.json $(E2E)/package-lock.json
	cd $(E2E) && npm ci --no-audit --no-fund
	@touch $@

$(CLIENTS)/node_modules/made: $(CLIENTS)/package.json $(CLIENTS)/package-lock.json
	cd $(CLIENTS) && npm ci --no-audit --no-fund
	@touch $@
