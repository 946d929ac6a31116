# make demo    install what is missing, train on Fashion-MNIST, write demo/report.html
# make test    install what is missing, run every test
# make build   bin/lgl, one binary
# make dist    dist/, such a binary for each system, and their SHA-256
# make bench   install PyTorch where it can, time it and lgl in turn
# make bench-data  the same for decoding and augmenting photos; DATA=DIR times yours
# make fuzz    fuzz every reader of files for FUZZTIME=60s
# make torture kill, fill the disk, flip bits: that nothing is lost, for half an hour
# make lint    gofmt, go vet, staticcheck, the Dockerfile
# make man     bin/man, the manual pages
# make install the binary, manual pages and completions below PREFIX=/usr/local; make uninstall removes them

export CGO_ENABLED ?= 0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
REVISION := $(shell git describe --always --dirty 2>/dev/null)

.PHONY: bench bench-data build demo dist fuzz install man test race torture lint setup clean uninstall

build:
	@go build -trimpath -ldflags "-X main.revision=$(REVISION)" -o bin/lgl ./cmd/lgl

SYSTEMS = linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64

dist:
	@rm -rf dist && mkdir dist
	@set -e; for s in $(SYSTEMS); do \
		export GOOS=$${s%-*} GOARCH=$${s#*-}; \
		CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.revision=$(REVISION)" -o dist/lgl-$(REVISION)-$$s$$(go env GOEXE) ./cmd/lgl; \
	done
	@cd dist && sha256sum lgl-* >SHA256SUMS && cat SHA256SUMS

setup: build
	@scripts/setup.sh bin/lgl

demo: setup
	@bin/lgl demo --out demo

test: build
	@scripts/setup.sh bin/lgl tests
	go test -timeout 25m ./ui ./cmd/lgl ./... # the longest first: one waits for a browser, one computes

# The peer is Debian's PyTorch. Leave the machine alone meanwhile: ten minutes, or thirty where page faults are dear.
bench: setup
	@/usr/bin/python3 -c 'import torch, torchvision' 2>/dev/null || apt-get install -y python3-torch python3-torchvision libopenblas0-openmp
	@/usr/bin/python3 scripts/bench.py

# Decoding and augmentation beside torchvision's, on generated photos unless DATA names a folder: about two minutes.
DATA ?= photos-to-time
bench-data: build
	@/usr/bin/python3 -c 'import torchvision' 2>/dev/null || apt-get install -y python3-torchvision
	@[ -e $(DATA) ] || /usr/bin/python3 scripts/photos.py $(DATA)
	@bin/lgl bench data --data $(DATA) --batch 32 --steps 7 --peer "/usr/bin/python3 scripts/torch_data.py"

# The packages that use goroutines, under the race detector (which needs cgo and a C compiler); the longest first.
race:
	CGO_ENABLED=1 go test -race -short ./engine/onednn ./data/... ./engine/... ./train/... ./sink/... ./task ./run ./paper ./ui ./internal/...

# The corpora in testdata/fuzz run with every go test.
FUZZTIME ?= 60s
fuzz:
	@scripts/fuzz.sh $(FUZZTIME)

# Kills, failing disks, flipped bits, damaged files: the long form of what go test does in short.
torture:
	LGL_TORTURE=1 go test -count 1 -timeout 90m -v -run 'Torture|TestEvery|TestSoak|TestResume|TestHostile|Mutations|Damaged|BrowserLong' ./checkpoint ./train ./run ./cmd/lgl ./config ./data/... ./record ./report ./ui 2>&1 | grep -E '^ *(--- |[a-z_]*_test.go|ok|FAIL|PASS|panic)'

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	@large=$$(git ls-files -z | xargs -0 sh -c 'find "$$@" -size +1000k' find); test -z "$$large" || { echo "in git, and larger than 1 MB:" $$large; exit 1; }
	go vet ./...
	go vet -tags man ./cmd/lgl
	go run $(STATICCHECK) ./...
	go run $(STATICCHECK) -tags man ./cmd/lgl
	cd .ci/dockerfile && go run . ../../Dockerfile

# From the command tree, by a build that links what it takes to write them.
man:
	@rm -rf bin/man && mkdir -p bin/man
	@go run -tags man ./cmd/lgl man bin/man

PREFIX ?= /usr/local
share = $(DESTDIR)$(PREFIX)/share

install: build man
	install -Dm755 bin/lgl $(DESTDIR)$(PREFIX)/bin/lgl
	install -Dm644 -t $(share)/man/man1 bin/man/*.1
	mkdir -p $(share)/bash-completion/completions $(share)/zsh/site-functions $(share)/fish/vendor_completions.d
	bin/lgl completion bash >$(share)/bash-completion/completions/lgl
	bin/lgl completion zsh >$(share)/zsh/site-functions/_lgl
	bin/lgl completion fish >$(share)/fish/vendor_completions.d/lgl.fish

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/lgl $(share)/man/man1/lgl.1 $(share)/man/man1/lgl-*.1
	rm -f $(share)/bash-completion/completions/lgl $(share)/zsh/site-functions/_lgl $(share)/fish/vendor_completions.d/lgl.fish

clean:
	rm -rf bin demo dist
