# Everything is set up by the first `make demo` or `make test`: a Python of at least
# 3.12 is looked for, .venv made and the pinned packages installed. Windows: see README.md.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test quick lint docs bench reliability audit clean

# PYTHON=/path/to/python makes this one be used and no other tried.
PYTHON ?=
# A version manager may leave a name behind that does not run, so the well-known places follow.
NAMES := python3.13 python3.12 python3.14 python3 python
PLACES := $(wildcard $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python3) \
  $(wildcard /usr/bin/python3.1[2-9] /usr/local/bin/python3.1[2-9] /opt/homebrew/bin/python3.1[2-9]) \
  $(wildcard /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3)
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",$(NAMES) $(PLACES))
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 12))
WITH_VENV := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))

# Where cap41.txt … and capopt.txt of OR-Library lie; they are not part of this project.
ORLIB ?= ../shared/data/orlib

BIN := .venv/bin
READY := .venv/ready
# pip-audit in a place of its own: what it brings along would change how ours reads workbooks.
AUDIT := .venv/audit/ready

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: $(READY) ## plan the bundled region and write its report to spreidplan-demo
	@$(BIN)/spreidplan demo

test: lint $(AUDIT) ## every check: ruff, mypy and the tests, with warnings as errors
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25

quick: $(READY) ## ruff and the tests that take little, to run while working
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m quick

lint: $(READY) ## ruff and mypy only
	@$(BIN)/ruff check .
	@$(BIN)/mypy

docs: $(READY) ## make the pages anew into build/docs; LONG=--long also makes the plans that they show
	@$(BIN)/python docs/make.py $(LONG)
	@$(BIN)/python -m sphinx -W -q -b html docs build/docs
	@echo build/docs/index.html

reliability: $(READY) ## hostile input, faults, a second solver, mutants and scale, into docs/reliability.md (hours)
	@$(BIN)/python -m benchmarks.reliability

bench: $(READY) ## measure speed and gaps, into benchmarks/RESULTS.md; ORLIB=folder of OR-Library, SPOPT=Python that has spopt, CBS=map of all wijken (45 minutes)
	@$(BIN)/python -m benchmarks.regions --columns 1000000
	@$(BIN)/python -m benchmarks.again
	@$(BIN)/python -m benchmarks.rules
	@$(BIN)/python -m benchmarks.bounds
	@$(BIN)/python -m benchmarks.warehouse $(ORLIB)
	@$(BIN)/python -m benchmarks.location $(ORLIB) $(if $(SPOPT),--spopt $(SPOPT))
	@$(if $(CBS),$(BIN)/python -m benchmarks.country $(CBS))

audit: $(AUDIT) ## known vulnerabilities of the pinned packages, which test asks for too
	@$(BIN)/python -m pytest -q -rs tests/house/test_audit.py

clean: ## take away all that make and the tools have made
	@rm -rf .venv build dist *.egg-info spreidplan-demo spreidplan-demo.previous
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@rm -f $(READY)
	@if ! $(BIN)/python -c '$(WITH_VENV)' >/dev/null 2>&1; then \
	  found=; \
	  for python in $(CANDIDATES); do \
	    if "$$python" -c '$(WITH_VENV)' >/dev/null 2>&1; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then $(MISSING); exit 1; fi; \
	  echo "Making .venv with $$("$$found" --version) ($$found)" >&2; \
	  "$$found" -m venv --clear .venv || exit 1; \
	fi
	@echo 'Installing the pinned packages into .venv (minutes the first time)' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

$(AUDIT): $(READY)
	@$(BIN)/python -m venv --clear .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip-audit \
	  && touch $(AUDIT) || echo 'pip-audit could not be installed: the packages are not audited' >&2

define MISSING
{ \
  echo 'spreidplan needs Python 3.12 or newer with its venv module, and found none. Tried:'; \
  for python in $(CANDIDATES); do \
    if ! command -v "$$python" >/dev/null 2>&1; then echo "  $$python: not there"; \
    elif ! "$$python" -c '' >/dev/null 2>&1; then echo "  $$python: is there but does not run"; \
    elif ! "$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo "  $$python: $$("$$python" --version 2>&1)"; \
    else echo "  $$python: $$("$$python" --version 2>&1), but no venv (Debian, Ubuntu: apt install python3-venv)"; fi; \
  done; \
  echo 'Install one (python.org, your package manager, or pyenv install 3.13) and run make again,'; \
  echo 'or name it: make demo PYTHON=/path/to/python3.13'; \
} >&2
endef
