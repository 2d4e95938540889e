# SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is. Every target works from a clean clone; `make deps` installs what the others need.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

SWIFT ?= swift
# Extra flags of each kind of build. Release links the Swift runtime statically, so the executables run anywhere.
DEBUG_FLAGS ?=
# Relocations as a bit map are a mebibyte less to read at the start, and to keep; glibc knows them since 2.36.
PACKED_RELOCATIONS = $(shell getconf GNU_LIBC_VERSION 2>/dev/null | awk '$$2 >= 2.36 \
  { print "-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --no-export-dynamic" }')
RELEASE_FLAGS ?= --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked $(PACKED_RELOCATIONS)
TEST_FLAGS ?=
# The conformance kit; where the folder is missing, `make test` says so and goes on.
CONFORMANCE ?= ../shared/conformance
CONFORMANCE_FLAGS ?=
# For test-status-page: --pictures FOLDER --seconds 20
STATUS_PAGE_FLAGS ?=
# For chaos: --seconds 30 --products proxy-server,nginx,haproxy --only kill,hang
CHAOS_FLAGS ?=
# For bench: --rounds 5 --seconds 3 --only small,16k --products proxy-server,nginx; and the folder of its results.
BENCH_FLAGS ?=
BENCH_OUT ?= .build/bench
SOAK_MINUTES ?= 10
# Where docs puts the site: python3 -m http.server --bind 127.0.0.1 --directory .build/docs
DOCS ?= .build/docs
# For fuzz: seconds for each target; --only request,proxy
FUZZ_SECONDS ?= 60
FUZZ_FLAGS ?=
# For faults: --only slow,flood --scale 0.2
FAULTS_FLAGS ?=
# For guards: --only chunk,drain --survivors
GUARDS_FLAGS ?=
# How long the slow reader of the memory budget reads: long in `make budgets`, in `make test` a little longer than the
# time of grace and the first window of the rate that clients must keep up.
BUDGET_SLOW_SECONDS ?= 60
TEST_SLOW_SECONDS ?= 20

# The images: the tool that builds them, where they belong (registry.example.com/team), their tag, which `make deploy`
# uses too, and the platform they are for (linux/arm64). More flags of the build; and of the tests (--skip-build).
CONTAINER_TOOL ?=
REGISTRY ?=
TAG ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PLATFORM ?=
IMAGE_FLAGS ?=
TEST_IMAGES_FLAGS ?=

# The chart: the release's name and namespace, more of helm's flags (--values mine.yaml), and for test-chart UPDATE=1 to
# write the golden renders and helm/README.md anew.
RELEASE ?= eventhttp
NAMESPACE ?= eventhttp
HELM_FLAGS ?=
CHART_FLAGS ?=
# For test-cluster: --only scaled,kills --keep /tmp/cluster
CLUSTER_FLAGS ?=

DEBUG_BIN := .build/debug
RELEASE_BIN := .build/release

export BENCH_OUT CONFORMANCE BUDGET_SLOW_SECONDS RELEASE NAMESPACE HELM_FLAGS UPDATE
export CONTAINER_TOOL REGISTRY TAG PLATFORM IMAGE_FLAGS

.PHONY: help deps deps-bench deps-cluster deps-images build release run test test-unit test-e2e budgets bench \
	bench-publish bench-smoke chaos soak conformance valgrind images push load test-images test-chart test-cluster \
	deploy undeploy minikube lint fmt check-binaries clean

help: ## List the targets (default)
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

deps: ## Install through apt what building and testing need and this machine lacks
	@scripts/deps

deps-bench: ## The same, and nginx, HAProxy and h2o, which bench compares with
	@scripts/deps --bench

deps-cluster: ## The same, and what test-cluster makes a cluster of
	@scripts/deps --cluster

deps-status-page: ## The same, and the browser of test-status-page
	@scripts/deps --status-page

deps-images: ## The same, and what test-images builds and runs images with
	@scripts/deps --images

build: ## Build everything for debugging
	$(SWIFT) build $(DEBUG_FLAGS)

release: ## Build the optimised executables, with the Swift runtime linked in
	$(SWIFT) build -c release $(RELEASE_FLAGS)

run: deps release ## Demonstrate: two services of three app-servers behind one proxy, and an outage
	@BIN=$(RELEASE_BIN) scripts/demo

.PHONY: record
record: deps release ## Draw a run of the demonstration anew: docs/demo.svg
	@BIN=$(RELEASE_BIN) scripts/record docs/demo.svg "make run" scripts/demo

test: deps ## Everything: unit and end-to-end tests, budgets, conformance
	$(SWIFT) test $(DEBUG_FLAGS) $(TEST_FLAGS)
	@$(MAKE) release
	@scripts/check-binaries $(RELEASE_BIN)
	@BUDGET_SLOW_SECONDS=$(TEST_SLOW_SECONDS) \
		Tests/Budgets/budgets --bin $(RELEASE_BIN) malloc syscalls instructions memory
	@Tests/Metrics/metrics --bin $(RELEASE_BIN)
	@if [ -d "$(CONFORMANCE)" ]; then $(MAKE) conformance-run; \
	else echo "conformance: skipped, there is no folder $(CONFORMANCE) (set CONFORMANCE=/path/to/it)"; fi

.PHONY: deps-status-page test-status-page
test-status-page: release ## The status page in headless Chromium (make deps-status-page installs it)
	@Tests/StatusPage/status-page --bin $(RELEASE_BIN) $(STATUS_PAGE_FLAGS)

test-unit: ## Unit tests only
	$(SWIFT) test $(DEBUG_FLAGS) $(TEST_FLAGS) --skip EndToEndTests

test-e2e: ## End-to-end tests only: the real executables on free ports
	$(SWIFT) test $(DEBUG_FLAGS) $(TEST_FLAGS) --filter EndToEndTests

budgets: release ## Allocations, calls, instructions, memory of the release build against Tests/Budgets/budgets.json
	@Tests/Budgets/budgets --bin $(RELEASE_BIN) malloc syscalls instructions memory

bench-smoke: release ## Only user time per proxied request, against nginx's and its budget
	@Tests/Benchmarks/bench --bin $(RELEASE_BIN) --smoke

bench: release ## What a request costs beside nginx, HAProxy, h2o and floors in C (BENCH_FLAGS, wants a quiet machine)
	@scripts/deps --bench
	@Tests/Benchmarks/bench --bin $(RELEASE_BIN) $(BENCH_FLAGS)

bench-publish: ## Put the last whole run of bench into README.md, docs/bench.md and docs/bench.svg
	@Tests/Benchmarks/bench --publish

.PHONY: fuzz test-asan test-tsan
fuzz: ## Fuzz the parsers, the configuration and a whole simulated proxy, FUZZ_SECONDS (60) each (FUZZ_FLAGS)
	@Tests/Fuzz/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_FLAGS)

.PHONY: differential
differential: release ## Random requests through the proxy, read by three foreign parsers, FUZZ_SECONDS (60)
	@Tests/Fuzz/differential --bin $(RELEASE_BIN) --seconds $(FUZZ_SECONDS)

test-asan: deps ## The unit and simulation tests under AddressSanitizer
	@scripts/sanitized address $(TEST_FLAGS)

test-tsan: deps ## The tests of what threads share, and of whole processes, under ThreadSanitizer
	@scripts/sanitized thread $(TEST_FLAGS)

.PHONY: faults
faults: release ## Attacks on the proxy, and faults around it: floods, slow clients, a full disk (FAULTS_FLAGS)
	@Tests/Faults/faults --bin $(RELEASE_BIN) $(FAULTS_FLAGS)

.PHONY: guards
guards: deps ## Take each guard of the product out, one at a time: a test must notice (GUARDS_FLAGS, takes an hour)
	@Tests/Guards/guards $(GUARDS_FLAGS)

.PHONY: interop
interop: release ## Real clients through the proxy to real servers: curl, Python's, Node's, Java's; WebSockets, events
	@scripts/deps --interop
	@Tests/Interop/interop --bin $(RELEASE_BIN)

.PHONY: bench-tiers examples
bench-tiers: ## What a hello costs on both tiers, SwiftNIO and Hummingbird (BENCH_FLAGS, wants a quiet machine)
	@Tests/Benchmarks/tiers $(BENCH_FLAGS)

examples: ## Build the programs in Examples and those of the articles, run each, and ask it
	$(SWIFT) build --package-path Examples $(DEBUG_FLAGS)
	@Examples/run Examples/.build/debug
	@Examples/articles

soak: release ## SOAK_MINUTES (10) of load while everything around the proxy changes or fails: no request may fail
	@scripts/deps --soak
	@Tests/Soak/soak --bin $(RELEASE_BIN) --minutes $(SOAK_MINUTES) $(SOAK_FLAGS)

chaos: release ## What clients see while origins are killed, stopped, restarted and poisoned (CHAOS_FLAGS)
	@Tests/Chaos/chaos --bin $(RELEASE_BIN) $(CHAOS_FLAGS)

conformance: release conformance-run ## The conformance kit against the release build, server and proxy mode

.PHONY: conformance-run
conformance-run:
	@scripts/conformance --bin $(RELEASE_BIN) $(CONFORMANCE_FLAGS)

valgrind: build ## The conformance kit against the debug build under valgrind: no error, no leak
	@scripts/valgrind-conformance --bin $(DEBUG_BIN) $(CONFORMANCE_FLAGS)

images: ## Build the images of app-server and proxy-server (CONTAINER_TOOL, REGISTRY, TAG, PLATFORM)
	@scripts/images build

push: ## Send them to REGISTRY
	@scripts/images push

load: ## Put them into minikube
	@scripts/images load

test-images: ## Build both without an engine or a registry, run them confined, ask them (TEST_IMAGES_FLAGS, wants root)
	@Tests/Images/images $(TEST_IMAGES_FLAGS)

test-chart: ## The Helm chart without a cluster: what it renders, what it refuses (CHART_FLAGS, UPDATE=1)
	@BIN=$(DEBUG_BIN) Tests/Chart/chart $(CHART_FLAGS)

test-cluster: release ## The chart in network namespaces, under load, as root: updates, failures (CLUSTER_FLAGS)
	@Tests/Cluster/cluster --bin $(RELEASE_BIN) $(CLUSTER_FLAGS)

deploy: ## Install or upgrade the chart in kubectl's cluster (RELEASE, NAMESPACE, REGISTRY, TAG, HELM_FLAGS)
	@scripts/kubernetes deploy

undeploy: ## Remove it
	@scripts/kubernetes undeploy

minikube: ## All of it on minikube: start, images, addons, deploy, helm test, curl through the ingress
	@scripts/kubernetes minikube

config-docs: ## Write the schema, the example and the article of the configuration from its keys and their comments
	@scripts/config-docs
	$(SWIFT) build $(DEBUG_FLAGS) --product proxy-server
	@scripts/config-docs --bin $(DEBUG_BIN)

.PHONY: docs
docs: ## Build the documentation of the libraries into DOCS (.build/docs); a warning is an error
	$(SWIFT) build $(DEBUG_FLAGS)
	@scripts/docs $(DOCS) $(DEBUG_BIN)

.PHONY: conformance-docs
conformance-docs: ## Write docs/conformance.md from the tables of Tests/ConformanceTests
	CONFORMANCE_DOCS=write $(SWIFT) test $(DEBUG_FLAGS) --filter ConformanceTests.DocumentationTests

lint: ## Formatting, shell scripts, Dockerfiles, what is generated; the house rules are in make tidy and make test
	@scripts/lint

.PHONY: tidy
tidy: ## The rules of the house, Tests/TidyTests, which make test runs as well
	$(SWIFT) test $(DEBUG_FLAGS) $(TEST_FLAGS) --filter TidyTests

.PHONY: release-check
release-check: tidy docs release ## Whether this commit can be tagged as the version that BuildInfo.swift has
	@scripts/release-check $(RELEASE_BIN)

fmt: ## Format the Swift code in place
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Examples

check-binaries: release ## That nothing links Foundation
	@scripts/check-binaries $(RELEASE_BIN)

clean: ## Remove everything that was built
	rm -rf .build .build-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
