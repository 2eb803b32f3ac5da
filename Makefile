# Every target installs what it needs first; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOPOLOGY ?= full
NAME ?= testbed
PROFILE ?= fast
NODES ?= namespace
CLUSTER ?=
SUITE ?=
KEEP ?=
BOX ?=
TESTBED := .venv/bin/testbed
THIS_LAB := $(if $(filter-out testbed,$(NAME)), -n $(NAME))
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo --preserve-env=TESTBED_ARTEFACT_SOURCES,TESTBED_CACHE,CI)
# sudo absent or refused: one clear line, exit 4. It may ask for a password.
ROOT_OR_WHY := [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null || sudo -v 2>/dev/null || \
  { echo 'make: this target needs root for network namespaces, and sudo is absent or refused' >&2; exit 4; }
# Tests run as root leave nothing of root's in the clone.
# Two files at a time, the long ones first: labs wait more than they work.
PYTEST := env PYTHONDONTWRITEBYTECODE=1 .venv/bin/pytest -p no:cacheprovider \
  -n 2 --dist loadfile --no-loadscope-reorder
# Each of these has a target of its own.
ELSEWHERE := --ignore=tests/vm --ignore=tests/soak --ignore=tests/load

export TESTBED_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/testbed

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: deps
deps: ## install what is missing: packages and the locked Python environment (NODES=vagrant: also for VMs)
	@scripts/install-deps $(if $(filter vagrant,$(NODES)),packages-vm.apt)

.PHONY: lock
lock: ## resolve requirements.lock again from pyproject.toml
	@scripts/lock-requirements

.PHONY: artefacts
artefacts: deps ## fetch or build the programs that the distribution lacks
	@$(TESTBED) artefacts fetch

.PHONY: testbed-up
testbed-up: artefacts ## bring the paper's testbed up and prove that it works
	@$(TESTBED) doctor
	@$(TESTBED) up $(TOPOLOGY) -n $(NAME) --profile $(PROFILE) --nodes $(NODES) \
	  $(if $(BOX),--box '$(BOX)') $(if $(CLUSTER),--cluster $(CLUSTER))
	@$(TESTBED) run smoke -n $(NAME)
	@$(TESTBED) status -n $(NAME)
	@printf '%s\n' '' 'Three commands to try:' \
	  '  $(TESTBED) path$(THIS_LAB) pod-worker1 pod-worker2 -4' \
	  '  $(TESTBED) policy apply$(THIS_LAB) -f scenarios/policies/worker2-via-r6-r8.yaml' \
	  '  $(TESTBED) exec$(THIS_LAB) r3 vtysh -c "show isis neighbor"'

.PHONY: testbed-down
testbed-down: ## remove everything that testbed-up made
	@[ -x $(TESTBED) ] || scripts/install-deps
	@$(TESTBED) down -n $(NAME)

.PHONY: scenarios
scenarios: artefacts ## run every scenario but the long ones, with evidence (LONG=1: those, in light labs)
	@$(TESTBED) run $(if $(LONG),--long --cluster none,--all)

.PHONY: bench
bench: artefacts ## measure, and write docs/bench.md
	@$(TESTBED) bench -o docs/bench.md

.PHONY: bench-vm
bench-vm: NODES := vagrant
bench-vm: artefacts ## measure labs on virtual machines, and write docs/bench-vm.md
	@$(TESTBED) bench --nodes vagrant -o docs/bench-vm.md

.PHONY: evaluate
evaluate: NAME := evaluate
evaluate: artefacts ## measure overlays against each other in a lab of its own (QUICK=1: 5 min, else 45 min; OUT=DIR)
	@$(TESTBED) up $(TOPOLOGY) -n $(NAME) --profile $(PROFILE) --nodes $(NODES) --cluster kubernetes
	@code=0; $(TESTBED) evaluate -n $(NAME) $(if $(QUICK),--quick) $(if $(OUT),--out '$(OUT)') || code=$$?; \
	  $(TESTBED) down -n $(NAME); exit $$code

.PHONY: conformance
conformance: artefacts ## run Kubernetes' own network tests over SRv6, and write docs/conformance.md
	@scripts/install-deps packages-conformance.apt
	@$(TESTBED) artefacts fetch conformance
	@$(TESTBED) conformance -o docs/conformance.md

.PHONY: lint
lint: deps ## check style, types, import direction, dead code
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/vulture

.PHONY: test
test: artefacts ## run all tests but those of machines and of the night; asks for root, which namespaces need
	@$(ROOT_OR_WHY)
	@scripts/install-deps packages-test.apt || echo 'make: what needs packages-test.apt is skipped' >&2
	@$(AS_ROOT) $(PYTEST) tests -m 'not night' $(ELSEWHERE)

.PHONY: test-vm
test-vm: NODES := vagrant
test-vm: artefacts ## test nodes as virtual machines, end to end; up to an hour without KVM
	@$(ROOT_OR_WHY)
	@scripts/install-deps packages-vm-test.apt
	@$(AS_ROOT) $(PYTEST) -n 0 -s --timeout 4000 tests/vm  # one lab of machines at a time

.PHONY: accept
accept: NAME := accept
accept: artefacts ## what a machine must be able to do: a light lab, light scenarios, a Kubernetes lab, all tests
	@$(MAKE) --no-print-directory testbed-up NAME=$(NAME) CLUSTER=none
	@$(MAKE) --no-print-directory testbed-down NAME=$(NAME)
	@$(TESTBED) run --all --cluster none
	@$(MAKE) --no-print-directory testbed-up NAME=$(NAME) CLUSTER=kubernetes
	@$(MAKE) --no-print-directory testbed-down NAME=$(NAME)
	@$(MAKE) --no-print-directory test

.PHONY: test-on
test-on: ## run `make accept` in a root of another release (SUITE=trixie; KEEP=1 keeps the root for the next run)
	@$(ROOT_OR_WHY)
	@scripts/install-deps packages-test-on.apt
	@$(AS_ROOT) env KEEP='$(KEEP)' scripts/test-on '$(SUITE)'

.PHONY: test-unit
test-unit: deps ## run the unit tests, which need no root
	@$(PYTEST) tests/unit

.PHONY: fuzz
fuzz: artefacts ## run generators for longer (EXAMPLES=10000 over all), kill `up` at each action; asks for root
	@$(ROOT_OR_WHY)
	@$(AS_ROOT) env TESTBED_FUZZ=$(or $(EXAMPLES),10000) $(PYTEST) \
	  tests/unit/topology/test_random_topologies.py tests/integration/test_random_networks.py \
	  tests/unit/te/test_random_objects.py tests/integration/test_random_objects.py \
	  tests/integration/test_life_faults.py::test_up_killed_at_its_actions

.PHONY: soak
soak: artefacts ## use and hurt labs at random, and compare the end with the beginning (MINUTES=20 SEED=1)
	@$(ROOT_OR_WHY)
	@$(AS_ROOT) env TESTBED_SOAK_MINUTES=$(or $(MINUTES),20) TESTBED_SOAK_SEED=$(or $(SEED),1) \
	  $(PYTEST) -n 0 -s tests/soak

.PHONY: test-long
test-long: artefacts ## run the tests of the night: what takes long on a namespace lab; ten minutes
	@$(ROOT_OR_WHY)
	@$(AS_ROOT) $(PYTEST) tests -m night $(ELSEWHERE)

.PHONY: load
load: artefacts ## many of everything: 1,012 policies by ConfigMap, 5,000 foreign paths, 300 pods; prints figures
	@$(ROOT_OR_WHY)
	@$(AS_ROOT) $(PYTEST) -n 0 -s --timeout 900 tests/load

.PHONY: nightly
nightly: artefacts ## what a CI runs every night: scenarios, conformance, a quick evaluation, one report (OUT=DIR)
	@$(ROOT_OR_WHY)
	@scripts/install-deps packages-conformance.apt
	@$(TESTBED) artefacts fetch conformance
	@$(TESTBED) nightly $(if $(OUT),-o '$(OUT)')

.PHONY: clean
clean: ## remove what was built in the clone (the environment too)
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis out
