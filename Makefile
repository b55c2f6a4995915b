# The words to remember: run test test-threads release lint interop bench counts fuzz mutants floods soak docs
# examples. Each installs the Debian packages that it misses.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
LIBRARIES := pkg-config libuv1-dev libc-ares-dev libsecp256k1-dev libsodium-dev libssl-dev libsqlite3-dev libminiupnpc-dev
TEST_TOOLS := python3 python3-protobuf dnsmasq-base
INTEROP_TOOLS := python3 redis-server tor iproute2
PEERS_DIR ?= ../shared/peers
PEERS_HOME ?= $(HOME)/.cache/apus-peers
ARGS ?=
# Many tests have nodes with threads of their own: more at once only wait for each other.
AT_ONCE := --experimental-maximum-parallelization-width 4
TIME ?= 30
RUNS ?=
TARGET ?= all

# Installs what is missing of the Debian packages $(1); elsewhere, says what to install.
define install
	missing=(); for package in $(1); do dpkg -s "$$package" >/dev/null 2>&1 || missing+=("$$package"); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "install the equivalents of these Debian packages: $${missing[*]}" >&2; exit 1; \
	  fi; \
	  as_root=(); [ "$$(id -u)" = 0 ] || as_root=(sudo); \
	  echo "installing $${missing[*]}"; \
	  "$${as_root[@]}" apt-get update -qq; \
	  "$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	    apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi
endef

.PHONY: help
help:
	@echo "make run           build a node and start it (ARGS='--listen /ip4/0.0.0.0/tcp/4001')"
	@echo "make test          run all tests"
	@echo "make test-threads  run those of loops, streams and services under the race detector"
	@echo "make release       optimised builds of apus and apus-peer in .build/release"
	@echo "make lint          check the formatting"
	@echo "make interop       talk to real go, rust, kubo and py peers; writes Docs/Interop.md"
	@echo "make bench         measure beside the go and rust peers"
	@echo "make counts        instructions and allocations of the hot path, held against the stored figures"
	@echo "make fuzz          fuzz what reads a peer's bytes (TIME=30 seconds or RUNS=1000000 a target, TARGET=cid)"
	@echo "make mutants       switch off each defence in turn and see the test of its attack fail; writes Docs/Security.md"
	@echo "make floods        flood a node in every way, 60 seconds each (ARGS=--quick for 5); writes Docs/Security.md"
	@echo "make soak          10,000 connections in turn and 1,000 at once, for leaks"
	@echo "make docs          build the documentation of all modules"
	@echo "make examples      build and run the examples as a program outside would"

.PHONY: libraries
libraries:
	@$(call install,$(LIBRARIES))

.PHONY: run
run: release
	@.build/release/apus run $(ARGS)

.PHONY: test
test: libraries
	@$(call install,$(TEST_TOOLS))
	$(SWIFT) build --build-tests
	timeout 900 $(SWIFT) test --skip-build $(AT_ONCE) --skip CommandTests
	@# Apart: the monitor of tests that end a process waits for every child, so no other test may have some of its own.
	timeout 600 $(SWIFT) test --skip-build $(AT_ONCE) --filter CommandTests

# The race detector. Optimised, since in a debug build the runtime looks up generic types all the time, under locks that put
# the threads in an order which hides their races; `-enable-testing` is for the tests' @testable imports.
.PHONY: test-threads
test-threads: libraries
	@$(call install,$(TEST_TOOLS))
	$(SWIFT) build --build-tests -c release -Xswiftc -enable-testing --sanitize=thread --scratch-path .build-thread
	@rm -f .build-thread/races.*
	@# Reports go to a file, so that they are the last thing to be seen.
	TSAN_OPTIONS="log_path=$(CURDIR)/.build-thread/races" \
	  timeout 900 $(SWIFT) test -c release -Xswiftc -enable-testing --sanitize=thread --scratch-path .build-thread --skip-build \
	  $(AT_ONCE) --filter 'NetworkTests|NodeTests|TelemetryTests|HandoverTests' \
	  || { cat .build-thread/races.* 2>/dev/null; false; }

.PHONY: release
release: libraries
	$(SWIFT) build -c release --product apus
	$(SWIFT) build -c release --product apus-peer

.PHONY: lint
lint:
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Interop/apus-peer Interop/hostile-peer Docs/Examples Fuzz/Package.swift Fuzz/Sources Benchmarks/Package.swift Benchmarks/Sources
	@python3 Tests/Mutants/mutants.py --check

.PHONY: format
format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Interop/apus-peer Interop/hostile-peer Docs/Examples Fuzz/Package.swift Fuzz/Sources Benchmarks/Package.swift Benchmarks/Sources

.PHONY: interop
interop: release
	@$(call install,$(INTEROP_TOOLS))
	python3 Interop/interop.py --report Docs/Interop.md --apus-cli .build/release/apus \
	  --peers-dir $(PEERS_DIR) --peers-home $(PEERS_HOME) $(ARGS)

.PHONY: fuzz
fuzz: libraries
	@$(call install,python3)
	TIME="$(TIME)" RUNS="$(RUNS)" TARGET="$(TARGET)" SWIFT="$(SWIFT)" Fuzz/run

.PHONY: mutants
mutants: libraries
	@$(call install,$(TEST_TOOLS))
	SWIFT="$(SWIFT)" python3 Tests/Mutants/mutants.py $(ARGS)

.PHONY: floods
floods: release
	@$(call install,python3)
	$(SWIFT) build -c release --product hostile-peer
	python3 Interop/floods.py $(ARGS)

.PHONY: soak
soak: release
	python3 Interop/soak.py --peers-dir $(PEERS_DIR) $(ARGS)

.PHONY: benchmarks
benchmarks: libraries
	$(SWIFT) build -c release --package-path Benchmarks --scratch-path .build-bench

.PHONY: bench
bench: release benchmarks
	@$(call install,python3)
	python3 Benchmarks/compare.py --peers-dir $(PEERS_DIR) $(ARGS)

.PHONY: counts
counts: benchmarks
	@$(call install,python3 valgrind)
	python3 Benchmarks/counts.py $(ARGS)

.PHONY: examples
examples: libraries
	@$(call install,git python3)
	Docs/Examples/check $(ARGS)

.PHONY: docs
docs: libraries
	Docs/build

.PHONY: clean
clean:
	rm -rf .build .build-*
