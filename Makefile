# Two commands: `make run` starts the program, `make test` runs all tests. Neither changes the system.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export PIP_CACHE_DIR ?= $(CURDIR)/$(VENV)/cache
JOBS ?= auto

# With NEWEST=1 all is installed as pyproject.toml allows it, not as the lock files have it: in another VENV.
NEWEST ?=

.PHONY: help run test test-userspace test-kernel lint lab screenshots bench fuzz soak dist-check lock clean

help:
	@echo 'make run          install into $(VENV) and start the program (ARGS="--port 9000" and so on)'
	@echo 'make test         all tests: userspace SCTP here, kernel SCTP in two guests (fetched into .lab)'
	@echo 'make lint         ruff, mypy, the import contracts'
	@echo 'make lab          fetch the guest kernel for `sctp-tui lab`'
	@echo 'make screenshots  draw screenshots/ anew by running the program'
	@echo 'make bench        the figures in tests/bench'
	@echo 'make fuzz         a storm of 1,000,000 packets, then every target for an hour in all, led by coverage'
	@echo 'make soak         30 minutes of bad links, and what memory they take (MINUTES=5)'
	@echo 'make dist-check   build sdist and wheel into dist/, and try them on each Python that is found'
	@echo 'make lock         write the lock files anew, from pyproject.toml'
	@echo 'make clean        remove what the other commands made'

run: $(VENV)/installed
	@exec $(BIN)/sctp-tui $(ARGS)

test: $(VENV)/installed-for-tests
	@$(BIN)/python -m tests --jobs $(JOBS)

test-userspace test-kernel: test-%: $(VENV)/installed-for-tests
	@$(BIN)/python -m tests --jobs $(JOBS) $*

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: $(VENV)/installed
	@.ci/fetch-lab && $(BIN)/python -c 'from sctp_tui.lab import linux; print(f"The guest is {linux.find_kernel().program}:")'
	@echo 'try $(BIN)/sctp-tui lab'

screenshots: $(VENV)/installed-for-tests
	$(BIN)/python -m tests.screenshots

bench: $(VENV)/installed-for-tests
	$(BIN)/python -m tests.bench

# With MINUTES the storm is left out.
fuzz: $(VENV)/installed-for-tests
	@$(BIN)/python .ci/install fuzz
	@$(BIN)/python -m tests.fuzz $(MINUTES)

soak: $(VENV)/installed-for-tests
	@$(BIN)/python -m tests.soak $(MINUTES)

dist-check: $(BIN)/python
	@$(BIN)/python .ci/dist-check

# What is younger than a week is left out: a bad release is mostly taken back by then.
LOCKED = $(VENV)/lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-header --exclude-newer "$$(date -u -d '7 days ago' +%F)" --group build pyproject.toml

lock: $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet --disable-pip-version-check uv
	@$(LOCKED) --upgrade --extra embedded --output-file .ci/requirements-run.txt
	@$(LOCKED) --upgrade --extra embedded --extra zstd --extra web --group dev --constraint .ci/requirements-run.txt --output-file .ci/requirements-tests.txt
	@$(LOCKED) --upgrade --group dist --constraint .ci/requirements-run.txt --output-file .ci/requirements-dist.txt

clean:
	rm -rf $(VENV) .venv.newest .lab .lab.* .test .mypy_cache .ruff_cache .import_linter_cache dist
	find .ci sctp_tui tests -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/make-venv $(VENV)

$(VENV)/installed: pyproject.toml .ci/install .ci/requirements-run.txt | $(BIN)/python
	@echo 'Installing sctp-tui into $(VENV) …'
	@$(BIN)/python .ci/install run $(NEWEST:%=--newest)
	@$(BIN)/python -m compileall -q sctp_tui # pip does that for all but editable ones: a faster start
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed .ci/requirements-tests.txt
	@echo 'Installing what the tests need …'
	@$(BIN)/python .ci/install tests $(NEWEST:%=--newest)
	@touch $@
