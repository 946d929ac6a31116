package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A picture that cannot be read is black and named, the others are as they are; one comes from stdin.
func TestLoose(t *testing.T) {
	const good = "../picture/testdata/pictures/tall.png"
	damaged := filepath.Join(t.TempDir(), "damaged.png")
	if err := os.WriteFile(damaged, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	l, err := FindLoose([]string{good, damaged, "-"}, LooseView{Classes: []string{"a", "b"}, Shape: []int{1, 8, 8}, Stdin: stdin}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([][64]float32, l.Len())
	for i := range got {
		got[i][0] = 7 // of the batch before
		if err := l.Sample(i, got[i][:]); err != nil {
			t.Errorf("%s: %v", l.Path(i), err)
		}
	}
	if got[0] == [64]float32{} || got[1] != [64]float32{} || got[2] != got[0] {
		t.Errorf("%v", got)
	}
	if l.Err(0) != nil || l.Err(1) == nil || l.Err(2) != nil {
		t.Errorf("%v, %v, %v", l.Err(0), l.Err(1), l.Err(2))
	}
	if err := l.Unread(); err == nil || err.Error() != "1 of 3 pictures could not be read" {
		t.Error(err)
	}
	if _, err := FindLoose([]string{"-", good, "-"}, LooseView{}, nil); err == nil || !strings.Contains(err.Error(), "only once") {
		t.Error(err)
	}
}
