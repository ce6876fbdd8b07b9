# `make demo` sets everything up and runs the demonstration; `make test` sets everything up and runs the tests.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
SETUP := pyproject.toml constraints.txt

.PHONY: demo test check clean

demo: $(VENV)/evaluate.stamp
	$(VENV)/bin/apbot demo --out demo-output

test: $(VENV)/test.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/apbot leaderboard check
	$(VENV)/bin/pytest -n 2 --dist worksteal

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + "; name another one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/evaluate.stamp: $(VENV)/python.stamp $(SETUP)
	@echo 'Installing; the first time this downloads some gigabytes (torch with its CUDA libraries) and takes minutes.'
	$(PIP) install --quiet --constraint constraints.txt --editable '.[evaluate]'
	@touch $@

$(VENV)/test.stamp: $(VENV)/evaluate.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[evaluate,test]'
	@touch $@

clean:
	rm -rf $(VENV) demo-output
