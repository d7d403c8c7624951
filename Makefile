# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON := PYTHONPATH=tests .venv/bin/python

# Molecule scenarios of `make test`, the longest first. SYSTEMS narrows what they run on; empty is each scenario's own
# choice.
SCENARIOS ?= default upstream_names brownfield access hostile constellation_config constellation_move upgrade late_dns \
    concurrency nginx_service nginx_proxy nginx_sites bad_input nginx_text
# What `make test-all` has beside them, unless it is told which ones.
LONG_SCENARIOS := $(if $(filter file,$(origin SCENARIOS)),brownfield_others)
SYSTEMS ?=
ALL_SYSTEMS := debian12 debian13 ubuntu2204 ubuntu2404 ubuntu2604

# How long `make fuzz` runs.
MINUTES ?= 60

# Which trials `make chaos` runs; empty is all. SHORT=1 is what `make test` has time for.
TRIALS ?=
SHORT ?=

# The demonstration's home server: one of ALL_SYSTEMS.
DISTRO ?= debian13

# How often `make bench-proxy` and `make bench-run` measure each figure.
ROUNDS ?= 5

# Which outside judges `make judge` asks; empty is all.
JUDGES ?=

.DEFAULT_GOAL := help
.PHONY: help setup lint unit coverage docs one test test-all chaos fuzz bench bench-proxy bench-run judge demo demo-down clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Prepare this checkout: programs, .venv, the link to the collection
	@tests/tools/setup.sh

lint: setup ## Run every static check; CHECKS="mypy ruff" runs some
	@$(PYTHON) -m tools.lint $(CHECKS)

unit: setup ## Run the unit tests of `make test`, by themselves on both processors
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "not long" tests/unit tests/fuzz

coverage: setup ## Run the unit tests and print how much of plugins/ they run; fail below 95 % of lines, 92 % of branches
	@$(PYTHON) -m tools.covered

docs: setup ## Write what comes from the declarations: the schema for editors, the tables, what ansible-doc shows
	@PYTHONPATH=tests:.ansible/collections .venv/bin/python -m tools.documents

one: setup ## Run one test: TEST=tests/unit/test_packages.py, a scenario TEST=late_dns SYSTEMS=debian13, a trial TEST=kill
	@$(PYTHON) -m tools.one "$(TEST)" $(SYSTEMS)

test: setup ## Run lint, unit tests, the short trials and the Molecule scenarios
	@$(PYTHON) -m tools.run_tests --systems "$(SYSTEMS)" $(SCENARIOS)

test-all: setup ## Run the same on all five systems, with the tests that are marked as long
	@$(PYTHON) -m tools.run_tests --long --systems "$(ALL_SYSTEMS)" $(SCENARIOS) $(LONG_SCENARIOS)

chaos: setup ## Try to leave a host broken, in every way that tests/chaos knows; TRIALS="kill space" for some, SHORT=1
	@$(PYTHON) -m chaos $(if $(SHORT),--short) $(TRIALS)

fuzz: setup ## Feed random nginx and .NET texts to the readers and the editors for an hour; MINUTES=5 for less
	@test -x .cache/fuzz-venv/bin/python || .venv/bin/python -m venv .cache/fuzz-venv
	@.cache/fuzz-venv/bin/python -m pip install -q --disable-pip-version-check -r tests/fuzz/requirements.txt || true
	@PYTHONPATH=tests:.ansible/collections .venv/bin/python -m fuzz $(MINUTES)

bench: setup ## Print our speed, memory and sizes beside what they are compared with
	@test -x .cache/bench-venv/bin/python || .venv/bin/python -m venv .cache/bench-venv
	@.cache/bench-venv/bin/python -m pip install -q --disable-pip-version-check -r tests/bench/requirements.txt
	@PYTHONPATH=tests:.ansible/collections .venv/bin/python -m bench

bench-proxy: setup ## Compare what site.yml makes with other proxies, and write docs/performance.md; ROUNDS=1 for less
	@$(PYTHON) -m bench_proxy --rounds $(ROUNDS) --write docs/performance.md

bench-run: setup ## Time runs of site.yml beside stock modules, and write docs/performance.md; ROUNDS=1 for less
	@$(PYTHON) -m bench_run --rounds $(ROUNDS) --write docs/performance.md

judge: setup ## Have outside judges look at converged hosts; JUDGES="gixy cis" SYSTEMS="debian13" for some
	@test -x .cache/bars-venv/bin/python || .venv/bin/python -m venv .cache/bars-venv
	@.cache/bars-venv/bin/python -m pip install -q --disable-pip-version-check -r tests/bars/requirements.txt
	@$(PYTHON) -m bars --systems "$(SYSTEMS)" $(JUDGES)

demo: setup ## Show the whole main job in containers; DISTRO=ubuntu2404 for another system
	@$(PYTHON) -m demo $(DISTRO)

demo-down: setup ## Remove everything that the demonstration started
	@$(PYTHON) -m demo down

clean: ## Remove .venv, caches and logs
	rm -rf .venv .cache .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
