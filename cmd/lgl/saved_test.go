package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// TestDamagedWeights: no damage to the weights of a stage is overlooked: what the reader would take,
// the SHA-256 in the run's log gives away.
func TestDamagedWeights(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var out bytes.Buffer
	if code := run(context.Background(), []string{"train", "--data", "toy", "--model", "mlp", "--width", "0.1", "--train-samples", "60", "--batch", "16",
		"--epochs", "1", "--stages", "1", "--engine", "reference", "--warm", "none", "--out", dir}, nil, &out, &out); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	if _, err := loadSaved(dir, 1); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(weightsPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	mutate.Each(t, 16<<20, [][]byte{good}, func(t *testing.T, b []byte) error {
		if err := os.WriteFile(weightsPath(dir, 1), b, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := loadSaved(dir, 1)
		if err == nil {
			t.Error("damaged weights were read")
		}
		return err
	})
}
