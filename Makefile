# Two commands on a fresh machine with Python 3.11+, git and make: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
FAST := not (slow or browser or node or recogniser or postgresql or redis or language_model or processes)

.PHONY: help run demo phone test check prove-properties prove-payouts prove-limiter prove-rerun asset-snapshot prove-erasure engines format lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml scripts/environment.py
	@$(PYTHON) scripts/environment.py $(VENV)

run: $(READY) ## the whole pilot on this machine: edge, Dagster, dashboards, watch
	@exec $(VENV)/bin/pilot run

demo: $(READY) ## the same with 30 simulated days of the three cafés, in a home of its own
	@exec $(VENV)/bin/pilot demo

phone: $(READY) ## the pilot on this machine's local address over HTTPS, to try it with one's own telephone
	@exec $(VENV)/bin/pilot phone

check: $(READY) ## format, lint, types, layers and the fast tests
	@$(VENV)/bin/python scripts/checks.py
	@$(VENV)/bin/pytest -q -n 2 -m "$(FAST)"

engines: $(READY)
	@$(VENV)/bin/python scripts/engines.py

test: $(READY) engines ## everything; names in its closing lines each engine that was not run
	@$(VENV)/bin/python scripts/checks.py
	@$(VENV)/bin/pytest -q -n 2 --dist loadgroup

prove-properties: $(READY) ## the tests of properties on 2 000 new examples each, instead of the same ones
	@HYPOTHESIS_PROFILE=explore $(VENV)/bin/pytest -q -n 2 $$(grep -rl "from hypothesis" tests --include="test_*.py")

prove-payouts: $(READY) ## 10 000 random histories of payouts, faults and restores
	@$(VENV)/bin/python -m benchmarks.money.prove_payouts --rail memory --runs 7000
	@$(VENV)/bin/python -m benchmarks.money.prove_payouts --rail stripe --runs 3000

prove-limiter: $(READY) ## 10 000 payouts against a fake Stripe of 20 calls a second, in virtual time
	@$(VENV)/bin/python -m benchmarks.money.payout_limiter

prove-rerun: $(READY) ## a run killed in each table, before, during and after its write, then rerun: the same rows
	@$(VENV)/bin/python -m benchmarks.platform.prove_rerun

asset-snapshot: $(READY) ## write down the assets as they are now, for review (tests/assets/__snapshots__)
	@$(VENV)/bin/pytest -q -p no:randomly tests/assets/test_definitions.py -k as_reviewed --snapshot-update

prove-erasure: $(READY) ## an erased guest is nowhere: home, fresh backup, older backup restored
	@$(VENV)/bin/python -m benchmarks.platform.erasure_proof

format: $(READY) ## format the code
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lock: $(READY) ## resolve the dependencies again, newest versions that work together
	@$(VENV)/bin/uv pip compile --upgrade --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		pyproject.toml --group dev -o requirements.lock

clean: ## remove the environment and every cache of this checkout
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
