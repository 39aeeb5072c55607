# `make test` is what CI runs.
GO ?= go

.PHONY: test
test:
	$(GO) vet ./...
	$(GO) test -race -timeout 10m ./...
