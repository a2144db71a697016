# Needs python3 (3.11 or newer) with its venv module. Uses uv where it is on the PATH.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run witness test test-all test-tiers soak attacks soak-audit fuzz-doors foreign-node gnuhealth bench-gnuhealth check openapi rules lock reset-demo

HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
# One test process per core; PYTEST_ARGS= for a single one.
PYTEST_ARGS ?= -n auto
# The first Python that is new enough; shims that name a missing version fail here and are passed by.
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin
KEYS := var/keys
# What a machine must have for test-tiers and test-all.
TIERS := postgresql,browser,foreign,strace,gnuhealth
# Fewer where something else has run a part of them already (.ci/run).
TIER_TESTS ?= postgresql or browser or foreign or gnuhealth or slow
# Laws of which `make test` tries a quarter of the examples.
LONG_LAWS = $(shell grep -rl "tests.sizes import" tests --include="test_*.py")
NODE := tests/foreign/node tests/foreign/fhir tests/gnuhealth/web
# GNU Health has another licence and other pins, so it has a Python of its own.
GNUHEALTH := .venv-gnuhealth

# What the demo runs with; everything is in docs/settings.md.
DEMO := env -u POLICY_KEK \
	DATABASE_URL=sqlite:///demo.sqlite3 \
	POLICY_KEK_FILE=$(KEYS)/kek \
	POLICY_KEY_DIR=$(KEYS) \
	POLICY_COOKIE_SECURE=false \
	POLICY_PUBLIC_BASE_URL=http://$(HOST):$(PORT)
FLASK := $(DEMO) $(BIN)/flask --app wsgi

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/runtime.stamp ## build .venv from the hash-pinned requirements.txt

# The server shares a port that is taken instead of failing, so ask first.
# The worker re-screens and signs checkpoints beside the server and ends with it.
run: setup $(KEYS)/kek ## start the service with the demo practice (PORT=8000)
	@! $(BIN)/python -c 'import socket; socket.create_connection(("$(HOST)", $(PORT)), 1)' 2>/dev/null \
		|| { echo "port $(PORT) is in use; try: make run PORT=$$(($(PORT) + 1))"; exit 1; }
	@$(DEMO) $(BIN)/alembic upgrade head
	@$(FLASK) demo seed
	@$(FLASK) worker & worker=$$!; \
	$(DEMO) $(BIN)/granian --interface wsgi --host $(HOST) --port $(PORT) \
		--workers $(WORKERS) --blocking-threads 1 --respawn-failed-workers \
		--workers-kill-timeout 25 wsgi:app & server=$$!; \
	trap 'kill $$server 2>/dev/null' INT TERM; \
	while kill -0 $$server 2>/dev/null; do wait $$server; code=$$?; done; \
	kill $$worker 2>/dev/null; wait $$worker; exit $$code

# On the second machine (docs/witness.md); LOG holds one vkey, or two while a log changes its key.
LISTEN ?= 127.0.0.1:8020
witness: setup ## cosign the heads of a log on a second machine (NAME=, LOG=vkey)
	@test -n "$(NAME)" -a -n "$(LOG)" || { echo "make witness NAME=officer.example LOG='vkey'"; exit 1; }
	@mkdir -p -m 700 var
	@$(BIN)/flask --app policy_service.cli.offline audit witness serve --key var/witness.pem \
		--state var/witness --name "$(NAME)" --listen "$(LISTEN)" $(foreach key,$(LOG),--log "$(key)")

test: $(VENV)/dev.stamp ## run every test that pip packages alone can run
	$(BIN)/pytest -m "not browser and not foreign and not gnuhealth and not slow and not soak" $(PYTEST_ARGS)

test-tiers: $(VENV)/dev.stamp foreign-node gnuhealth ## run the tests that need Debian packages, npm or minutes
	POLICY_TEST_REQUIRE=$(TIERS) $(BIN)/pytest -m "($(TIER_TESTS)) and not soak" $(PYTEST_ARGS)

soak: $(VENV)/dev.stamp ## run the long laws and the foreign oracles at full size
	$(BIN)/pytest -m soak $(PYTEST_ARGS)
	POLICY_LAWS=full $(BIN)/pytest $(LONG_LAWS) -m "not slow and not soak" $(PYTEST_ARGS)

attacks: $(VENV)/dev.stamp ## run the attack and fault matrix of the log and count its rows
	$(BIN)/pytest tests/attacks -m "not slow and not soak"

soak-audit: $(VENV)/dev.stamp ## kill -9 the log's writers and sealers on both databases (POLICY_KILLS=500 each)
	POLICY_TEST_REQUIRE=postgresql $(BIN)/pytest tests/attacks/test_kills.py -m soak -s

fuzz-doors: $(VENV)/dev.stamp ## attack the EHR doors with 20,000 made-up and mutated cases (CASES=)
	POLICY_TEST_DOOR_CASES=$(or $(CASES),20000) $(BIN)/pytest tests/contract/test_ehr_doors.py $(PYTEST_ARGS)

test-all: $(VENV)/dev.stamp foreign-node gnuhealth ## run all tests; what is missing on this machine is a failure
	POLICY_TEST_REQUIRE=$(TIERS) POLICY_LAWS=full $(BIN)/pytest $(PYTEST_ARGS)

# npm writes that file last. Without npm the tests themselves say what is missing.
foreign-node: ## install what tests/foreign runs from npm
	@command -v npm >/dev/null || { echo "npm is missing: nothing of its is run"; exit 0; }; \
	for folder in $(NODE); do \
		test $$folder/node_modules/.package-lock.json -nt $$folder/package-lock.json \
			|| (cd $$folder && npm ci --silent --ignore-scripts --no-audit --no-fund) || exit 1; \
	done

# The module of clients/gnuhealth goes into GNU Health's Python and never into the service's.
gnuhealth: foreign-node $(GNUHEALTH)/installed.stamp ## install GNU Health, our module for it and its web client for tests/gnuhealth

$(GNUHEALTH)/installed.stamp: requirements-gnuhealth.txt $(shell find clients/gnuhealth -name '*.py' -o -name '*.xml' -o -name '*.cfg' -o -name '*.toml')
	@echo "installing $< and clients/gnuhealth"
ifdef UV
	@uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(GNUHEALTH)
	@uv pip install --quiet --python $(GNUHEALTH)/bin/python --require-hashes --no-deps -r $<
	@uv pip install --quiet --python $(GNUHEALTH)/bin/python --no-deps --no-build-isolation --reinstall ./clients/gnuhealth
else
	@$(PYTHON) -m venv $(GNUHEALTH) || { echo "The venv module is needed: apt install python3-venv"; exit 1; }
	@$(GNUHEALTH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@$(GNUHEALTH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall ./clients/gnuhealth
endif
	@touch $@

check: $(VENV)/dev.stamp ## lint, format, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

openapi: setup $(KEYS)/kek ## write openapi.yaml from the schemas
	@$(FLASK) openapi write --format=yaml openapi.yaml

rules: setup $(KEYS)/kek ## write docs/rules from the packs
	@$(FLASK) packs pages --write docs/rules

# It drives what tests/gnuhealth drives, so it needs what they need.
bench-gnuhealth: $(VENV)/dev.stamp gnuhealth ## one GNU Health booking with our check beside one without
	@$(BIN)/python -m bench.gnuhealth

bench-%: $(VENV)/bench.stamp $(KEYS)/kek ## run bench/%.py; prints JSON lines
	@$(DEMO) $(BIN)/python -m bench.$(subst -,_,$*)

lock: ## compile the requirements-*.txt anew from the *.in (needs uv)
	@for name in requirements requirements-dev requirements-bench; do \
		test $$name = requirements && with= || with='-c requirements.txt'; \
		UV_NO_CONFIG=1 uv pip compile --quiet --upgrade --universal --python-version 3.11 \
			--generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
			$$with -o $$name.txt $$name.in || exit 1; \
	done
	@UV_NO_CONFIG=1 uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-package psycopg2 -o requirements-gnuhealth.txt requirements-gnuhealth.in

reset-demo: ## forget the demo practice and its keys
	rm -rf demo.sqlite3 demo.sqlite3-wal demo.sqlite3-shm $(KEYS)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (make PYTHON=/path/to/python3)"; exit 1; }
ifdef UV
	@uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is needed: apt install python3-venv"; exit 1; }
endif

# One rule for the three locks: .venv/dev.stamp from requirements-dev.txt and so on. A stamp is
# written only after everything was installed, so a broken attempt is simply made again.
$(VENV)/runtime.stamp: requirements.txt
$(VENV)/dev.stamp: requirements-dev.txt
$(VENV)/bench.stamp: requirements-bench.txt
$(VENV)/%.stamp: | $(VENV)/bin/python
	@echo "installing $<"
ifdef UV
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
endif
	@touch $@

# Written aside and then linked: never half a key, and never a second key over a first.
$(KEYS)/kek:
	@umask 077 && mkdir -p $(KEYS) && $(PYTHON) -c 'import base64, secrets; \
		print(base64.b64encode(secrets.token_bytes(32)).decode())' > $@.new \
		&& { ln $@.new $@ 2>/dev/null || test -s $@; } && rm -f $@.new
