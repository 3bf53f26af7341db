# Two commands on a fresh machine with Python 3.11+, git and make: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
FAST := not (slow or browser or node or recogniser or postgresql or redis or language_model or processes or containers)

.PHONY: help run demo phone test test-containers check prove-properties prove-payouts prove-limiter prove-rerun asset-snapshot prove-erasure prove-recovery prove-second-host prove-replicas prove-parts-away prove-hosts prove-alerts engines format lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml scripts/environment.py
	@$(PYTHON) scripts/environment.py $(VENV)

run: $(READY) ## run the whole pilot on this machine: edge, Dagster, dashboards, watch
	@exec $(VENV)/bin/pilot run

demo: $(READY) ## run it on 30 simulated days of the three cafés, in a separate home
	@exec $(VENV)/bin/pilot demo

phone: $(READY) ## run it on this machine's local address over HTTPS, to try it on your own telephone
	@exec $(VENV)/bin/pilot phone

check: $(READY) ## check format, lint, layers, licences, English and types; run the fast tests
	@$(VENV)/bin/python scripts/checks.py
	@$(VENV)/bin/pytest -q -n 2 -m "$(FAST)"

engines: $(READY)
	@$(VENV)/bin/python scripts/engines.py

test: $(READY) engines ## check and test everything; the last lines name each engine that was not run
	@$(VENV)/bin/python scripts/checks.py
	@$(VENV)/bin/pytest -q -n 2 --dist loadgroup -m "not containers"

test-containers: $(READY) ## build, start, scale, break and heal the compose file with Docker (installed if apt may be used)
	@$(VENV)/bin/python scripts/container_engine.py
	@$(VENV)/bin/pytest -q -n 0 -p no:randomly tests/containers

prove-properties: $(READY) ## run the property tests on 2 000 new examples each, instead of the same ones
	@HYPOTHESIS_PROFILE=explore $(VENV)/bin/pytest -q -n 2 $$(grep -rl "from hypothesis" tests --include="test_*.py")

prove-payouts: $(READY) ## prove payouts on 10 000 random histories of payouts, faults and restores
	@$(VENV)/bin/python -m benchmarks.money.prove_payouts --rail memory --runs 7000
	@$(VENV)/bin/python -m benchmarks.money.prove_payouts --rail stripe --runs 3000

prove-limiter: $(READY) ## send 10 000 payouts to a fake Stripe of 20 calls a second, in virtual time
	@$(VENV)/bin/python -m benchmarks.money.payout_limiter

prove-rerun: $(READY) ## kill a run in each table before, during and after its write; a rerun gives the same rows
	@$(VENV)/bin/python -m benchmarks.platform.prove_rerun

asset-snapshot: $(READY) ## update the snapshot of the assets, for review (tests/assets/__snapshots__)
	@$(VENV)/bin/pytest -q -p no:randomly tests/assets/test_definitions.py -k as_reviewed --snapshot-update

prove-erasure: $(READY) ## prove that an erased guest is in no file of a home, a new backup and a restored older one
	@$(VENV)/bin/python -m benchmarks.platform.erasure_proof

prove-recovery: $(READY) ## lose a whole home with a store of 108 MB, restore it, and compare every row and öre
	@$(VENV)/bin/python -m benchmarks.platform.recovery_proof

prove-replicas: $(READY) engines ## kill one of two replicas each minute for ten minutes under load; compare every acknowledged word
	@$(VENV)/bin/python -m benchmarks.replicas.under_load

prove-parts-away: $(READY) engines ## take PostgreSQL, Redis, the object store and a host away for a minute each, under load
	@$(VENV)/bin/python -m benchmarks.replicas.parts_away

prove-hosts: $(READY) engines ## kill, cut off and replace hosts of a home a role; every feedback must reach the lake
	@$(VENV)/bin/python -m benchmarks.replicas.hosts

prove-alerts: $(READY) engines ## carry each of the twelve alerts from its cause to a receiver; silent just below
	@$(VENV)/bin/python -m benchmarks.alerts

prove-second-host: $(READY) ## bring up a bare Debian from a clone and a backup alone, timed (root and debootstrap)
	@$(VENV)/bin/python -m benchmarks.platform.second_host

format: $(READY) ## format the code
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lock: $(READY) ## resolve the dependencies again: the newest versions that work together
	@$(VENV)/bin/uv pip compile --upgrade --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		pyproject.toml --group dev -o requirements.lock
	@echo "Then install it (make check), and: $(VENV)/bin/python scripts/licences.py --write"

clean: ## remove the environment and every cache of this checkout
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
