# make test is the one command that proves the shop: it installs what is
# missing (Debian packages), starts a throw-away Postgres and runs every test.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: build test check bench demo

build:
	$(BUILD) -o regulars ./cmd/regulars

demo: build
	./regulars demo

test:
	@sh .ci/test

# What a change must pass beyond the tests: formatting, vet, tidy modules.
check:
	@test -z "$$(gofmt -l cmd internal migrations static templates)" || { echo "not gofmt-ed:"; gofmt -l cmd internal migrations static templates; exit 1; }
	go vet ./...
	go mod tidy -diff

# The recommender, and the pages beside a plain Echo handler that sends the
# same bytes; ends with a table of the pages.
bench:
	go test -run '^$$' -bench . -benchmem -benchtime 1s ./internal/recommend
	go test -run '^$$' -bench 'EchoStatic|Pages' -benchmem -benchtime 1s ./cmd/regulars
