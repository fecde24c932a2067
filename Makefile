# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test test-ml lint bench clean help
help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(VENV)/.core: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade "pip>=25"
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(PIP) --editable '.[test]'
	touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PIP) --editable '.[lint]'
	touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) --editable '.[bench]'
	touch $@

$(VENV)/.ml: $(VENV)/.test
	$(PIP) 'torch==2.13.0'
	$(PIP) --editable '.[ml]'
	touch $@

demo: $(VENV)/.core ## gather the demo portal, build, open the service on 127.0.0.1:7860
	$(BIN)/jianwei --home .jianwei/demo demo

test: $(VENV)/.test ## the tests that need no torch; says which parts had no component to run on
	$(BIN)/python -m pytest -m 'not ml' $(PYTEST_ARGS)

test-ml: $(VENV)/.ml ## the transformers paths, with tiny models that the tests make
	$(BIN)/python -m pytest -m ml $(PYTEST_ARGS)

lint: $(VENV)/.lint ## ruff and mypy --strict over the six packages
	$(BIN)/ruff check corpus crawlers rag risk ui evaluation tests
	$(BIN)/mypy

bench: $(VENV)/.bench ## figures: speed, memory, kill, fuzz and load; DATA=folder adds the real data
	$(BIN)/jianwei eval bench $(if $(DATA),--data $(DATA)) $(BENCH_ARGS)

clean: ## remove what the targets made (never a home with data)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
