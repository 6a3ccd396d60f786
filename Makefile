# Patchbay's commands. `make` lists them.
SHELL := /bin/bash
.NOTPARALLEL:
.PHONY: help run test bench bench-full conformance fuzz simulate simulate-bites soak format

PATCHBAY := .build/release/patchbay

SIMULATE := .build/release/simulate
# One seed is replayed and told event by event; many are run and judged.
SEEDS ?= 1-1000
SHAPE ?= full

PRODUCT := Package.swift Sources bench/relay bench/micro bench/store Tests/BlackBox/Toy Tests/Peers/Samples Tests/Peers/Twilio
UNIT := $(wildcard Tests/*Tests)
FORMATTED := Package.swift Sources Tests bench
# The modules where threads meet.
THREADED := SocketLoopTests|HTTPLoopTests|HTTPWireTests|FrontDoorTests|CallRuntimeTests|CallStoreTests
THREAD_SANITIZER := --sanitize=thread --scratch-path .build/tsan

RELEASE := .ci/step -i "$(PRODUCT)" -o $(PATCHBAY) "release build" 600 swift build -c release

help: ## List these commands
	@sed -nE 's/^([a-z-]+): ## (.*)/make \1\t\2/p' Makefile | expand -t 20

run: ## Build for release and run: the bridge if patchbay.json5 or OPENAI_API_KEY is there, else the demo
	@.ci/install
	@$(RELEASE)
	@if [ -e patchbay.json5 ] || [ -n "$$OPENAI_API_KEY$$OPENAI_API_KEY_FILE" ]; then exec $(PATCHBAY) serve; \
	    else exec $(PATCHBAY) demo; fi

test: ## All that a change must pass; quick where nothing changed
	@.ci/install
	@.ci/step -i ".swift-format $(FORMATTED)" "format" 60 swift format lint --strict -r $(FORMATTED)
	@.ci/step -i "$(PRODUCT) $(UNIT)" "debug build" 600 swift build --build-tests
	@.ci/step -i "$(PRODUCT) $(UNIT)" "unit tests" 120 swift test --skip-build
	@.ci/step -i "$(PRODUCT) $(UNIT)" "thread sanitizer build" 600 swift build --build-tests $(THREAD_SANITIZER)
	@.ci/step -i "$(PRODUCT) $(UNIT)" "thread sanitizer" 240 \
	    env TSAN_OPTIONS=suppressions=$(CURDIR)/.ci/thread-sanitizer.suppressions \
	    swift test --skip-build --no-parallel $(THREAD_SANITIZER) --filter '$(THREADED)'
	@.ci/step -i "$(PRODUCT) Tests/Peers" "peers" 120 Tests/Peers/run
	@.ci/step -i "$(PRODUCT) Tests/Fuzz" "fuzz" 600 Tests/Fuzz/run 5
	@$(RELEASE)
	@.ci/step -i "$(PRODUCT) Tests/Simulation" "simulation" 240 Tests/Simulation/run
	@.ci/step -i "$(PRODUCT) Tests/BlackBox" "black box" 300 Tests/BlackBox/run -n 5 --dist loadfile
	@.ci/step -i "$(PRODUCT) bench" "short bench" 300 bench/run short
	@.ci/step -i "$(PRODUCT) bench" "heap calls" 120 bench/run micro --heap-only --name -
	@echo "Everything passed."

bench: ## Measure calls in a few minutes: cost, latency, memory, interruptions, churn
	@.ci/install
	@$(RELEASE)
	bench/run brief

bench-full: ## Measure everything and write the results into bench/results (two hours)
	@.ci/install
	@$(RELEASE)
	bench/run all
	bench/run soak

conformance: ## Run the Autobahn test suite against server and client, plain and TLS (needs a Python 2.7)
	@.ci/install
	@$(RELEASE)
	@.ci/step "conformance" 600 Tests/Conformance/run

fuzz: ## Fuzz each parser for 10 minutes
	@.ci/install
	Tests/Fuzz/run 600

simulate: ## Run whole calls in seeded worlds (SEEDS=1-1000, SHAPE=full, sparse or nodes), or tell of one (SEED=n)
	@.ci/install
	@swift build -c release --product simulate
	$(SIMULATE) $(SHAPE) $(if $(SEED),$(SEED),$(SEEDS))

simulate-bites: ## Plant one bug after another, and look how soon the simulation catches each
	@.ci/install
	Tests/Simulation/bite

soak: ## The long forms: 10,000 connect and close, 10,000 idle connections, alone and beside calls, 10,000 calls, a minute in one burst, 100 deaths, conformance
	@.ci/install
	@$(RELEASE)
	bench/run churn
	bench/run idle
	SHORT_CALLS=10000 CALLS_SOAK=1 Tests/BlackBox/run Tests/BlackBox/test_calls_many.py Tests/BlackBox/test_calls_upstream.py
	SOAK=1 Tests/BlackBox/run -k long_answer
	SOAK=1 Tests/BlackBox/run Tests/BlackBox/test_durability.py Tests/BlackBox/test_takeover.py -s
	SOAK=1 Tests/BlackBox/run Tests/BlackBox/test_webhook_load.py Tests/BlackBox/test_crowd.py -s
	@$(MAKE) --no-print-directory conformance

format: ## Format all Swift sources in place
	swift format --in-place -r $(FORMATTED)
