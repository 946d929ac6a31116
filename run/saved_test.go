package run

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// TestDamagedWeights: no damage to the weights of a stage is overlooked: what the reader would take,
// the SHA-256 in the run's log gives away.
func TestDamagedWeights(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Train(t.Context(), toy(t), dir, quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSaved(dir, 1); err != nil {
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
		_, err := LoadSaved(dir, 1)
		if err == nil {
			t.Error("damaged weights were read")
		}
		return err
	})
}
