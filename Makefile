# make demo    install what is missing, train on Fashion-MNIST, write demo/report.html
# make test    install what is missing, run every test
# make build   bin/lgl, one static binary
# make bench   install PyTorch where it can, time it and lgl in turn
# make fuzz    fuzz every reader of files for FUZZTIME=60s
# make torture kill, fill the disk, flip bits: that nothing is lost, for half an hour
# make fuzz    damaged files for every reader
# make lint    gofmt, go vet, staticcheck

export CGO_ENABLED ?= 0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
REVISION := $(shell git describe --always --dirty 2>/dev/null)

.PHONY: bench build demo fuzz test race torture lint setup clean

build:
	@go build -trimpath -ldflags "-X main.revision=$(REVISION)" -o bin/lgl ./cmd/lgl

setup: build
	@scripts/setup.sh bin/lgl

demo: setup
	@bin/lgl demo --out demo

test: build
	@scripts/setup.sh bin/lgl tests
	go test ./...

# The peer is Debian's PyTorch. Leave the machine alone meanwhile: about ten minutes.
bench: setup
	@/usr/bin/python3 -c 'import torch, torchvision' 2>/dev/null || apt-get install -y python3-torch python3-torchvision libopenblas0-openmp
	@/usr/bin/python3 scripts/bench.py

# The packages that use goroutines, under the race detector (which needs cgo and a C compiler).
race:
	CGO_ENABLED=1 go test -race -short ./data/... ./engine/... ./train/... ./ui ./internal/...

# The corpora in testdata/fuzz run with every go test.
FUZZTIME ?= 60s
fuzz:
	@scripts/fuzz.sh $(FUZZTIME)

# Kills, failing disks, flipped bits, damaged files: the long form of what go test does in short.
torture:
	LGL_TORTURE=1 go test -count 1 -timeout 90m -v -run 'Torture|TestEvery|TestSoak|TestResume|TestHostile|Mutations|Damaged' ./checkpoint ./train ./cmd/lgl ./config ./data/... ./record ./report ./ui 2>&1 | grep -E '^ *(--- |[a-z_]*_test.go|ok|FAIL|PASS|panic)'

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

clean:
	rm -rf bin demo
