package xla

import (
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	net, _ := network(t, "smallcnn", []int{1, 9, 9}, 5, 0.1)
	text, err := training(net, 4, "bf16")
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("/tmp/dump.mlir", []byte(text), 0o644)
}
