# The project's commands; `make` alone lists them.  Each sets up .venv by itself where that is needed.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help environment demo test fresh lint types tests specimens platforms attacks faults fuzz audit pictures build lock clean

BIN := .venv/bin
DEMO := out/demo
JOBS := 2
ATHERIS := out/atheris
MOMENTS := 100
SECONDS := 300
SEED := 20
LABS := $(notdir $(patsubst %/lab.toml,%,$(wildcard assignments/*/lab.toml)))
AUDIT := $(BIN)/autograder audit --out out/audit --all-kills --seeds 30 --margin-seeds 20 --docs docs/audit.md
export PYTHON EXTENT

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

environment: ## Make or update .venv from requirements.lock (2.6 GB)
	@.ci/environment

demo: environment ## Grade a small class and leave its reports in out/demo
	@rm -rf $(DEMO)
	@mkdir -p $(DEMO)/class
	@$(BIN)/python -c 'from pathlib import Path; from autograder.specimens import demo_class; \
	    demo_class(Path(), "mnist", Path("$(DEMO)/class"))'
	@$(BIN)/autograder grade mnist $(DEMO)/class --out $(DEMO)/results
	@printf '\nOpen %s/results/index.html\n' "$(DEMO)"

test: environment fresh lint types tests ## Prove everything: generated files, rules, lint, types, tests

fresh: environment ## Refuse stale generated files and broken rules of the course
	@echo "-- generated files"
	@$(BIN)/autograder build --check
	@echo "-- the course's own rules"
	@$(BIN)/autograder checkup

lint: environment ## Check the style with ruff
	@echo "-- ruff"
	@$(BIN)/ruff check --quiet .

types: environment ## Check the types with mypy, strictly
	@echo "-- mypy"
	@$(BIN)/mypy

tests: environment ## Run the tests only, in JOBS=2 processes; EXTENT=all tries every known mistake too
	@seed=$$(date +%s); echo "-- pytest, in the order of --randomly-seed=$$seed"; \
	    $(BIN)/python -m pytest --quiet --numprocesses $(JOBS) --randomly-seed=$$seed

specimens: environment ## Grade every specimen by itself
	@EXTENT=each $(BIN)/python -m pytest --quiet --numprocesses $(JOBS) tests/autograder/test_specimens.py

audit: environment ## Prove every suite on both kinds of data; goes on where it was stopped (hours)
	@for lab in $(LABS); do \
	    COURSE_DATA= $(AUDIT) $$lab || exit 1; \
	    [ -z "$$COURSE_DATA" ] || $(AUDIT) $$lab || exit 1; \
	done

platforms: environment ## Grade the same submissions on every platform and compare the points (LABS="mnist ...")
	@$(BIN)/python tests/autograder/platform_table.py $(if $(filter command line,$(origin LABS)),$(LABS))

attacks: environment ## Try every attack on the confinement, and print what stopped it
	@$(BIN)/python tests/autograder/attack_table.py

pictures: demo ## Take the documents' pictures of the demo's pages
	@$(BIN)/python docs/pictures/take.py

faults: environment ## Kill processes of the grader at 100 random moments of a class, and print what that cost
	@$(BIN)/python tests/autograder/fault_table.py --moments $(MOMENTS) --seed $(SEED)

# Atheris has packages for Linux on x86_64 only, and nothing but this needs it: it is not one of the environment's.
fuzz: environment ## Feed what reads strangers' bytes with mutated ones (SECONDS=300)
	@[ -d $(ATHERIS) ] || $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps \
	    --only-binary :all: --target $(ATHERIS) atheris==3.0.0
	@PYTHONPATH=$(ATHERIS) $(BIN)/python tests/autograder/fuzz.py --seconds $(SECONDS) --seed $(SEED)

build: environment ## Write stubs, notebooks and answer templates again from the references
	@$(BIN)/autograder build

lock: environment ## Choose new versions of all packages and pin them in requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --upgrade --no-annotate --quiet \
	    --custom-compile-command "make lock" --output-file requirements.lock

clean: ## Remove what runs have left; .venv stays
	@rm -rf out .pytest_cache .mypy_cache .ruff_cache .hypothesis
