# Every target is a short line over a command you can also type: see each recipe.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
COMPOSE ?= docker compose
COMPILE := $(BIN)/uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header
# Settings of a public deployment, for the checks that only such a one must pass.
PUBLIC := env ALLOWED_HOSTS=league.example.org SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))')
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup contracts run test chaos check lint format typecheck imports schema lock sbom migrate superuser replay verify \
	bench bench-full bench-idle clean docker-build docker-up docker-down docker-logs docker-test docker-migrate docker-revise

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s%s\n", $$1, $$2 }' Makefile

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: PYTHON=python3.11 make ..."; exit 1; }
	@echo "league | creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "league | installing the pinned requirements (a minute or two, once)"
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(PY)
	@echo "league | installing the pinned development requirements (a minute or two, once)"
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.installed-dev ## the virtual environment with everything

node_modules: package-lock.json
	npm ci --no-audit --no-fund --silent && touch $@ \
		|| echo "league | the chain's tools could not be installed: whatever needs them is skipped"

contracts: node_modules ## compile the contract into chain/artifacts
	npm run --silent compile
	$(PY) manage.py contracts_check

run: $(VENV)/.installed $(if $(filter anvil,$(CHAIN)),node_modules) ## the whole league on http://127.0.0.1:8000 (CHAIN=anvil: on a chain of its own)
	@$(PY) manage.py run

# Without Node.js whatever needs a chain is skipped, with that reason.
TOOLS := $(if $(shell command -v npm),node_modules)

test: $(VENV)/.installed-dev $(TOOLS) ## the whole test suite, real servers included
	$(PY) -m pytest -n 2 $(ARGS)

chaos: $(VENV)/.installed-dev $(TOOLS) ## kill, cut, starve and confuse everything for up to half an hour
	CHAOS=long $(PY) -m pytest tests/chaos -n 2 --maxschedchunk=1 -p no:randomly $(ARGS)

check: lint typecheck imports ## everything a change must pass besides the tests
	$(PY) manage.py makemigrations --check --dry-run
	$(PUBLIC) $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) manage.py contracts_check
	$(PY) manage.py spectacular --validate --fail-on-warn | diff docs/openapi.yaml -
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

lint: $(VENV)/.installed-dev ## ruff, its formatter included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# From nothing each time: what mypy remembers can hide what a clean clone is told.
typecheck: $(VENV)/.installed-dev ## mypy, strict
	$(BIN)/mypy --no-incremental .

imports: $(VENV)/.installed-dev ## who may import whom
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(VENV)/.installed-dev ## write docs/openapi.yaml
	$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock: $(VENV)/.installed-dev ## compile the pinned requirements from the .in files
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) bench/requirements.in -o bench/requirements.txt

sbom: $(VENV)/.installed-dev ## var/sbom.json: what runs in production, in CycloneDX
	@mkdir -p var
	$(BIN)/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml -o var/sbom.json requirements.txt

migrate: $(VENV)/.installed ## bring the database's tables up to date
	$(PY) manage.py migrate

superuser: $(VENV)/.installed ## somebody who may open /admin/
	$(PY) manage.py createsuperuser

replay: $(VENV)/.installed ## a season on recorded prices: make replay ARGS='--prices DIR ...'
	$(PY) manage.py replay $(ARGS)

verify: $(VENV)/.installed ## check a receipt offline: make verify RECEIPT=receipt.json
	$(PY) -m chain.verify $(RECEIPT)

# The peer of the bench has an environment of its own: its libraries are no part of the league.
.venv-bench/.installed: bench/requirements.txt
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

bench: $(VENV)/.installed-dev .venv-bench/.installed ## the goals of bench/README.md, measured in four minutes
	$(PY) -m bench all --quick $(ARGS)

bench-full: $(VENV)/.installed-dev .venv-bench/.installed ## the same with a million rows and HTTP; writes docs/performance.md
	$(PY) -m bench all --full --write docs/performance.md $(ARGS)

bench-idle: $(VENV)/.installed ## time from publish to start, and idle CPU, of the embedded run
	$(PY) bench/hints.py

clean: ## remove what the tools made, never data in var/
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

docker-build: ## the one image of every role
	$(COMPOSE) build

docker-up: secrets ## PostgreSQL, Redis, migrate, web, workers and beat; COMPOSE_PROFILES= skips the demo
	COMPOSE_PROFILES=$${COMPOSE_PROFILES-demo} $(COMPOSE) up --detach --wait

docker-down: ## stop it; volumes stay
	$(COMPOSE) --profile demo down

docker-logs: ## follow the logs
	$(COMPOSE) logs --follow --tail 100

docker-test: ## the test suite inside the image's test stage
	docker build --target test --tag prediction-league:test .
	docker run --rm prediction-league:test

docker-migrate: secrets ## apply the migrations
	$(COMPOSE) run --rm migrate

docker-revise: secrets ## write new migrations: make docker-revise NAME=add_something
	$(COMPOSE) run --rm --no-deps --user "$$(id -u)" --volume "$$PWD:/app" migrate \
		python manage.py makemigrations --name $(NAME)

secrets: ## passwords for docker-compose.yml, made once
	@umask 077 && mkdir -p secrets && cd secrets && umask 022 && \
	random() { LC_ALL=C tr -dc 'A-Za-z0-9' < /dev/urandom | head -c "$$1"; } && \
	random 60 > secret_key && random 32 > postgres_password && random 32 > redis_password && \
	printf 'postgresql://league:%s@postgres:5432/league' "$$(cat postgres_password)" > database_url && \
	printf 'redis://:%s@redis:6379/0' "$$(cat redis_password)" > redis_url
	@echo "league | wrote secrets/ (never commit it)"
