# Two commands do all the set-up: `make demo` and `make test`.
# Needs make, a package index and Python 3.11 or newer: make demo PYTHON=python3.12

PYTHON ?= python3
DEMO = .venv-demo
DEV = .venv
BENCH = .venv-bench
ORACLE = .venv-oracle
export PYTHONPATH = src

.PHONY: pictures words demo test test-slow test-oracle check fix bench locks wheel clean

demo: $(DEMO)/ready-$(shell cksum < requirements/demo.lock | cut -d' ' -f1)
	@$(DEMO)/bin/python -m cheget demo

test: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/python -m pytest -q -n 2 -m "not slow"

test-slow: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/python -m pytest -q -n 2 -m slow

# Against pyAgrum, a library of Bayesian networks, in an environment of its own.
test-oracle: $(ORACLE)/ready-$(shell cksum < requirements/oracle.lock | cut -d' ' -f1)
	$(ORACLE)/bin/python -m pytest -q tests/oracle

check: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/ruff check
	$(DEV)/bin/ruff format --check
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

fix: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/ruff check --fix
	$(DEV)/bin/ruff format

bench: $(BENCH)/ready-$(shell cksum < requirements/bench.lock | cut -d' ' -f1)
	PYTHONPATH=src:tests $(BENCH)/bin/python -m bench

# Pictures of the pages, for the documentation; needs chromium.
pictures: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/python tests/web/pictures.py

# What the pages say, collected into their catalogues and compiled.
words: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/python tests/web/words.py

wheel: $(DEV)/ready-$(shell cksum < requirements/test.lock | cut -d' ' -f1)
	$(DEV)/bin/python -m hatchling build -t wheel

# For maintainers; needs uv. Compiles the locks anew from pyproject.toml, without addresses.
LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml
locks:
	$(LOCK) -o requirements/core.lock
	$(LOCK) --extra assess --extra seal --extra serve -c requirements/core.lock -o requirements/demo.lock
	$(LOCK) --extra seal --extra serve -c requirements/core.lock -c requirements/demo.lock -o requirements/serve.lock
	$(LOCK) --extra assess --extra mcp --extra notify --extra seal --extra serve --group check --group test -c requirements/core.lock -o requirements/test.lock
	$(LOCK) --extra assess --group oracle -c requirements/core.lock -o requirements/oracle.lock
	$(LOCK) --extra assess --extra serve --group bench -c requirements/core.lock -o requirements/bench.lock

clean:
	rm -rf $(DEMO) $(DEV) $(BENCH) $(ORACLE) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(DEMO)/ready-%: ; @sh requirements/install.sh "$(PYTHON)" $(DEMO) requirements/demo.lock $@
$(DEV)/ready-%: ; @sh requirements/install.sh "$(PYTHON)" $(DEV) requirements/test.lock $@
$(ORACLE)/ready-%: ; @sh requirements/install.sh "$(PYTHON)" $(ORACLE) requirements/oracle.lock $@
$(BENCH)/ready-%: ; @sh requirements/install.sh "$(PYTHON)" $(BENCH) requirements/bench.lock $@
