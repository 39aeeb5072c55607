# The two commands that need nothing but Go and make:
#   make demo    installs tmux if it is missing, builds, runs a small project
#   make test    installs what the tests need, lints, runs them all

GO       ?= go
BIN      := $(CURDIR)/.bin
LINT     := $(BIN)/golangci-lint
LINT_VER := v2.15.0
NFPM     := $(BIN)/nfpm
NFPM_VER := v2.43.0
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS  := -s -w $(if $(VERSION),-X prox/internal/version.number=$(VERSION))

# Where make install puts things; DESTDIR goes before all of them.
PREFIX   ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man/man1
BASHDIR  ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR   ?= $(PREFIX)/share/zsh/site-functions
FISHDIR  ?= $(PREFIX)/share/fish/vendor_completions.d

.PHONY: compare pictures build extras install uninstall docs vendor-hash package snapshot demo test unit lint vet bench fuzz clean tools tmux languages fullstack shells

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o prox .
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o prox-shim ./internal/prox-shim
	@touch prox-shim # one that is older than prox is not used

# What goes along with the programs: the man page and the completions.
extras: build
	@mkdir -p build
	./prox man > build/prox.1
	gzip -9nc build/prox.1 > build/prox.1.gz
	./prox completion bash > build/prox.bash
	./prox completion zsh > build/_prox
	./prox completion fish > build/prox.fish

install: extras
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(MANDIR)" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	install -m 755 prox "$(DESTDIR)$(BINDIR)/prox"
	install -m 755 prox-shim "$(DESTDIR)$(BINDIR)/prox-shim"
	install -m 644 build/prox.1 "$(DESTDIR)$(MANDIR)/prox.1"
	install -m 644 build/prox.bash "$(DESTDIR)$(BASHDIR)/prox"
	install -m 644 build/_prox "$(DESTDIR)$(ZSHDIR)/_prox"
	install -m 644 build/prox.fish "$(DESTDIR)$(FISHDIR)/prox.fish"
	@echo "installed $(DESTDIR)$(BINDIR)/prox, its man page and its completions"
	@case ":$$PATH:" in *":$(BINDIR):"*) ;; *) [ -n "$(DESTDIR)" ] || echo "$(BINDIR) is not in your PATH";; esac

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/prox" "$(DESTDIR)$(BINDIR)/prox-shim" "$(DESTDIR)$(MANDIR)/prox.1" \
		"$(DESTDIR)$(BASHDIR)/prox" "$(DESTDIR)$(ZSHDIR)/_prox" "$(DESTDIR)$(FISHDIR)/prox.fish"

# What is generated from the code: the config's schema and docs/reference.
docs:
	$(GO) generate ./config ./internal/reference

# Of flake.nix, after a change of go.mod.
vendor-hash:
	$(GO) run ./packaging/vendorhash -w

# Archives, .deb and .rpm into dist, as .goreleaser.yaml has them, and a look
# into each; of this machine's kind only, unless TARGETS says otherwise.
TARGETS ?= $(shell $(GO) env GOOS)_$(shell $(GO) env GOARCH)
package: $(NFPM) extras
	GO="$(GO)" NFPM="$(NFPM)" VERSION="$(VERSION)" LDFLAGS="$(LDFLAGS)" packaging/package $(TARGETS)
	PROX_DIST="$(CURDIR)/dist" $(GO) test -count=1 ./packaging
	@if command -v goreleaser >/dev/null; then goreleaser check; else echo "no goreleaser here: .goreleaser.yaml is not checked by it"; fi

# The same by goreleaser itself, which is what a release is made with.
snapshot:
	goreleaser check
	goreleaser release --snapshot --clean
	PROX_DIST="$(CURDIR)/dist" $(GO) test -count=1 ./packaging

demo: tmux build
	./prox demo

test: tmux languages fullstack shells vet lint unit

# -p 2: packages that measure processes must not starve one another. A leak
# takes six minutes, mostly of waiting, to be seen as one: all others run
# meanwhile. Those of the machine are 2.4 million random events.
unit: tmux
	@echo "$(GO) test -race -p 2 ./..."; \
	PROX_LEAK=1 $(GO) test -race -timeout 15m -run TestLeakIsTold ./examples/crash-test & leak=$$!; \
	$(GO) test -race -p 2 -timeout 10m ./... && \
	PROX_ROUNDS=6000 $(GO) test -count=1 -run TestPromisesHoldWhateverHappens ./internal/machine; code=$$?; \
	wait $$leak && exit $$code

vet:
	$(GO) vet ./...
	GOOS=darwin CGO_ENABLED=0 $(GO) vet ./...
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...

bench: tmux build
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Each fuzz target for a short while; FUZZTIME=10m for a long one.
FUZZTIME ?= 10s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

# The README's pictures, from a real run; takes some two minutes.
pictures: tmux
	$(GO) run ./internal/pictures

# prox beside other process runners, as docs/comparison.md shows it: installs
# them into .bin/compare, and takes some six minutes. foreman is measured if it
# is installed (apt-get install ruby-foreman).
compare: tmux
	$(GO) run ./internal/compare

clean:
	rm -rf prox prox-shim build dist $(BIN)

tools: $(LINT)

# Installed by name and version, into the work tree: nothing of the machine's
# own is used or changed.
$(LINT):
	@mkdir -p $(BIN)
	@if ! $@ version 2>/dev/null | grep -q $(LINT_VER:v%=%); then \
		echo "installing golangci-lint $(LINT_VER)"; \
		GOBIN=$(BIN) GOFLAGS= GOOS= GOARCH= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VER); \
	fi

$(NFPM):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) GOFLAGS= GOOS= GOARCH= $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM_VER)

tmux:
	@command -v tmux >/dev/null || { \
		echo "installing tmux"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		if command -v apt-get >/dev/null; then $$sudo apt-get update -qq && $$sudo apt-get install -y -qq tmux; \
		elif command -v brew >/dev/null; then brew install tmux; \
		elif command -v dnf >/dev/null; then $$sudo dnf install -y tmux; \
		elif command -v pacman >/dev/null; then $$sudo pacman -S --noconfirm tmux; \
		else echo "tmux 3.2 or newer is needed; please install it" >&2; exit 1; fi; }

# What the examples' services are written in, and talk with.
languages:
	@missing=; for c in node python3 curl cargo; do command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	[ -z "$$missing" ] || { \
		echo "installing$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		if command -v apt-get >/dev/null; then $$sudo apt-get update -qq && $$sudo apt-get install -y -qq $$(echo "$$missing" | sed 's/node/nodejs/'); \
		elif command -v brew >/dev/null; then brew install $$(echo "$$missing" | sed 's/python3/python/; s/cargo/rust/'); \
		else echo "the tests of some examples are skipped without$$missing"; fi; }

# What examples/fullstack-app needs besides: npm, PostgreSQL, and a Chromium
# that looks at its page.
fullstack: languages
	@missing=; command -v npm >/dev/null || missing="$$missing npm"; \
	command -v pg_isready >/dev/null || missing="$$missing postgresql"; \
	for c in chromium chromium-browser google-chrome /Applications/Chromium.app /Applications/Google\ Chrome.app; do \
		[ -e "$$c" ] || command -v "$$c" >/dev/null && browser=there; done; \
	[ -n "$$browser" ] || missing="$$missing chromium"; \
	[ -z "$$missing" ] || { \
		echo "installing$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		if command -v apt-get >/dev/null; then $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing; \
		elif command -v brew >/dev/null; then brew install $$(echo "$$missing" | sed 's/npm/node/; s/postgresql/postgresql@17/') && \
			case $$missing in *postgresql*) brew link --force postgresql@17 ;; esac; \
		else echo "the test of examples/fullstack-app is skipped without$$missing"; fi; }

# The shells that completion is tested in, and what reads the man page.
shells:
	@missing=; for c in zsh fish mandoc groff; do command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	[ -e /usr/share/bash-completion/bash_completion ] || ! command -v apt-get >/dev/null || missing="$$missing bash-completion"; \
	[ -z "$$missing" ] || { \
		echo "installing$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		if command -v apt-get >/dev/null; then $$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends zsh fish bash-completion mandoc groff-base man-db; \
		elif command -v brew >/dev/null; then brew install zsh fish bash-completion mandoc groff; \
		else echo "what is tested with$$missing is skipped"; fi; }
