# `make demo` sets everything up and runs the demonstration; `make test` sets everything up and runs the tests.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
SETUP := pyproject.toml constraints.txt
# Set to anything, as the workflows do: install by hash what requirements/ lists (Python 3.11 on Linux and x86_64), and nothing else.
LOCKED ?=
INSTALL := $(PIP) install --quiet
BY_HASH := $(INSTALL) --require-hashes --only-binary :all:
ITSELF := $(INSTALL) --no-index --no-deps --no-build-isolation
PINNED := --no-strip-extras --no-header --no-annotate --generate-hashes --constraint constraints.txt --python-version 3.11.7 --python-platform x86_64-manylinux_2_28

# Where `make nightly` leaves its report.
NIGHT ?= night

.PHONY: demo test nightly lock sbom clean

demo: $(VENV)/evaluate.stamp
	$(VENV)/bin/apbot demo --out demo-output

test: $(VENV)/test.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/apbot leaderboard check
	$(VENV)/bin/zizmor --quiet --offline --strict-collection --persona=pedantic .github
	$(VENV)/bin/actionlint
	$(VENV)/bin/pytest -n 2 --dist worksteal

nightly: $(VENV)/test.stamp
	$(VENV)/bin/pytest --nightly -n auto --dist worksteal --junit-xml '$(NIGHT)/report.xml'

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + "; name another one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/evaluate.stamp: $(VENV)/python.stamp $(SETUP)
	@echo 'Installing; the first time this downloads some gigabytes (torch with its CUDA libraries) and takes minutes.'
ifdef LOCKED
	$(BY_HASH) --requirement requirements/build.txt --requirement requirements/evaluate.txt
	$(ITSELF) --editable .
else
	$(INSTALL) --constraint constraints.txt --editable '.[certificate,evaluate,site]'
endif
	@touch $@

# All at once: what only evaluates is part of it, and each installation works out its list from the beginning. Most of what is
# installed is never imported by a test, so Python compiles a module when it first is; that saves a minute.
$(VENV)/test.stamp: $(VENV)/python.stamp $(SETUP)
	@echo 'Installing; the first time this downloads some gigabytes (torch with its CUDA libraries) and takes minutes.'
ifdef LOCKED
	$(BY_HASH) --requirement requirements/build.txt --requirement requirements/test.txt
	$(ITSELF) --editable .
else
	$(INSTALL) --no-compile --constraint constraints.txt --editable '.[certificate,evaluate,site,test]'
endif
	@touch $(VENV)/evaluate.stamp $@

# After a change of constraints.txt or pyproject.toml. Needs an index of packages, which leaves no trace in what it writes.
lock: $(VENV)/python.stamp
	$(INSTALL) --constraint constraints.txt uv
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/build.txt requirements/build.in
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/light.txt pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/site.txt --extra site pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/publish.txt --extra publish pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/evaluate.txt --extra evaluate pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/certificate.txt --extra certificate pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/publish-certificate.txt --extra publish --extra certificate pyproject.toml
	$(VENV)/bin/uv pip compile $(PINNED) --quiet --output-file requirements/test.txt --extra certificate --extra evaluate --extra site --extra test pyproject.toml
	$(MAKE) sbom

# The bill of materials of the machines that measure, as CycloneDX 1.6: offline, the same bytes for the same list.
# Its maker has an environment of its own: jsonschema imports a grammar that comes with it, which takes each command seconds.
sbom:
	$(PYTHON) -m venv $(VENV)-sbom
	$(VENV)-sbom/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt cyclonedx-bom
	$(VENV)-sbom/bin/cyclonedx-py requirements requirements/evaluate.txt --pyproject pyproject.toml --spec-version 1.6 --output-reproducible --output-file requirements/evaluate.cdx.json

clean:
	rm -rf $(VENV) $(VENV)-sbom demo-output
