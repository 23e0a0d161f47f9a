# `make` alone lists what there is to do. Nothing here needs more than Go, but
# for `check`, which uses the race detector where a C compiler is installed.

GO       ?= go
# Inputs, not seconds: Go's fuzzer now and then takes the end of its time for a
# failure. 2000 are a few seconds.
FUZZTIME ?= 2000x
GUIDE    ?= -fuzz=.
BENCHTIME ?= 1s
# Runs of the tests that kill the service at every step.
CHAOSRUNS ?= 10000
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The race detector needs cgo and a C compiler; without them the tests run plain.
RACE := $(shell [ "$$(CGO_ENABLED=1 $(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null 2>&1 && echo -race)

.DEFAULT_GOAL := help
.PHONY: help demo test build check fmt-check lint docs-check race fuzz bench chaos fmt docs cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## start a wholesaler and the bridge on this machine, and say what to try
	@$(GO) run ./cmd/octobridge demo

test: ## run the tests
	$(GO) test ./...

build: ## build the static binary bin/octobridge
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/octobridge ./cmd/octobridge

check: fmt-check lint race fuzz docs-check ## everything that must hold before a change goes in

fmt-check: ## fail where gofmt would change a file
	@files=$$(gofmt -l .); \
	if [ -n "$$files" ]; then echo "gofmt would change (run make fmt):"; echo "$$files"; exit 1; fi

lint: ## run go vet and staticcheck
	$(GO) vet ./...
	$(GO) tool -modfile=internal/tools/go.mod staticcheck ./...

# -short leaves out or shortens what only takes longer with the race detector;
# `make test` runs all of it. SQLite itself, C that was turned into Go, is left out
# of what the detector watches: it has its own locks, and makes the tests take twice
# as long.
race: ## run the tests with the race detector, where a C compiler is installed
	$(if $(RACE),CGO_ENABLED=1 ,)$(GO) test $(RACE) $(if $(RACE),-gcflags=modernc.org/sqlite/lib=-race=false) -short ./...

# Go fuzzes one target at a time, so the targets are looked up; the test program of
# a package is built once for all of them. GUIDE is empty where building them anew
# with coverage counters, which lead the fuzzer, would take longer than the fuzzing.
fuzz: ## fuzz every target with FUZZTIME inputs (2000x; or a time, 1m)
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; failed=0; \
	for package in $$(grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		$(GO) test -c $(GUIDE) -o "$$folder/fuzz.test" "$$package" || { failed=1; continue; }; \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$package"/*_test.go | cut -c6- | sort -u); do \
			echo "$$target in $$package"; \
			(cd "$$package" && "$$folder/fuzz.test" -test.run='^$$' -test.fuzz="^$$target$$" -test.fuzztime=$(FUZZTIME) \
				-test.fuzzminimizetime=20x -test.fuzzcachedir="$$folder/corpus/$$package" -test.timeout=10m) || failed=1; \
		done; \
	done; exit $$failed

# A benchmark that compares two ways has one sub-benchmark for each; the way
# called "bare" is what the others are held against.
bench: ## run the benchmarks once and print the ratios
	@$(GO) test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) ./... >bench.out || { cat bench.out; exit 1; }
	@awk -f internal/tools/ratios.awk bench.out

chaos: ## kill the service at every step of orders and of ONe's events, CHAOSRUNS times (10000), and print the counts
	@OCTOTEST_CHAOS_RUNS=$(CHAOSRUNS) $(GO) test -count=1 -v -timeout 24h ./internal/chaos >chaos.out 2>&1; status=$$?; \
	grep -v -E '^ *(===|--- PASS|PASS)' chaos.out; exit $$status

fmt: ## format the Go files
	@gofmt -w .

docs: ## write the generated pages of docs/ anew
	$(GO) test ./bridge/config ./cmd/octobridge -run ReferencePage -update

docs-check: ## fail where a generated page of docs/ is not up to date
	$(GO) test -count=1 ./bridge/config ./cmd/octobridge -run ReferencePage

cover: ## say how much of each package the tests run
	$(GO) test -coverprofile=coverage.txt ./...
	@$(GO) tool cover -func=coverage.txt | tail -n 1

clean: ## remove what the other targets made
	rm -rf bin dist coverage.txt bench.out chaos.out
