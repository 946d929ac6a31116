package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// halfRemoving removes the tensors of one checkpoint, then is killed.
type halfRemoving struct{ osDisk }

func (halfRemoving) RemoveAll(path string) error {
	all, err := filepath.Glob(filepath.Join(path, "*.safetensors"))
	if more, _ := filepath.Glob(filepath.Join(path, "*", "*.safetensors")); len(more) > 0 {
		all = more[len(more)-1:]
	}
	for _, name := range all {
		err = errors.Join(err, os.Remove(name))
	}
	return errors.Join(err, errors.New("killed"))
}

// Whoever is killed while the checkpoints of a finished run are removed leaves the newest one whole: a run whose checkpoints
// were all halves could not be resumed.
func TestClearLeavesNoHalf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := NewStore(dir)
	for i := 1; i <= 2; i++ {
		if _, err := s.Save(snapshot(i)); err != nil {
			t.Fatal(err)
		}
	}
	s.disk = halfRemoving{}
	if s.Clear() == nil {
		t.Fatal("it was not killed")
	}
	newest(t, dir)
}
