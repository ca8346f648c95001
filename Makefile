# Needs Go 1.26, gcc and g++ (DuckDB is linked in), make and git. Nothing else.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo test bench judge fuzz clean

GO ?= go
FUZZTIME ?= 30s

# Without cgo the driver of DuckDB has nothing to compile, and says so at length.
export CGO_ENABLED := 1

# What `ctsql version` tells. Outside a clone of its own both are empty, and the
# program says "(devel)" and "unknown": the repository around it says nothing
# about it. For the same reason Go's own stamp is off; it also fails in a clone
# that belongs to another user.
ifneq ($(wildcard .git),)
VERSION := $(shell git describe --tags --dirty --match 'v[0-9]*' 2>/dev/null)
COMMIT := $(shell git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null)
endif
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)

build:
	$(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/ctsql ./cmd/ctsql

demo: build
	bin/ctsql demo

# Once the modules are downloaded this needs no network. The tests are run with -v,
# for that alone tells which are skipped and why, and read by awk: what passes is
# silent, what is skipped or fails is shown with all that it said.
test:
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -race -v ./... | awk "$$SHOW"

define SHOW
function name(line) { sub(/^ *--- [A-Z]+: /, "", line); sub(/ \([0-9.]+s\)$$/, "", line); return line }
function flush_all(all,  n) { for (n in said) if (all) printf "%s", said[n]; split("", said); now = "" }
/^=== / { now = $$3; next }
/^ *--- PASS: / { delete said[name($$0)]; next }
/^ *--- (FAIL|SKIP): / { printf "%s%s\n", said[name($$0)], $$0; delete said[name($$0)]; next }
/^(PASS|FAIL)$$/ { next }
/^(ok  |FAIL|\?   )\t/ { flush_all(/^FAIL/); print; fflush(); next }
{ said[now] = said[now] $$0 "\n" }
END { flush_all(1) }
endef
export SHOW

# All parts, or those of ONLY: `make bench ONLY=s3logs,places`.
bench:
	$(GO) run ./internal/bench $(if $(ONLY),-only '$(ONLY)')

# How often the detections cry: over the logs in LOGS, or over weeks in which nothing
# happens.
judge:
	@$(GO) run ./internal/bench judge $(if $(LOGS),'$(LOGS)')

# Each fuzz target that there is, one after the other: `go test` fuzzes one at a time.
fuzz:
	grep -rHoE --include='*_test.go' '^func Fuzz[[:alnum:]_]*' . | sort | \
	while IFS=: read -r file func; do \
		echo "== $$(dirname "$$file") $${func#func } for $(FUZZTIME)"; \
		$(GO) test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" < /dev/null; \
	done

clean:
	rm -rf bin
