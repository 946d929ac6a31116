package xla

import (
	"errors"
	"testing"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// reticent is a device that does not say what memory it has.
type reticent struct{ *interpreter }

func (reticent) Memory() (used, limit int64, err error) { return 0, 0, errors.New("not known") }

// Of a device that does not say what memory it has, none is told.
func TestMemoryThatIsNotKnown(t *testing.T) {
	e := Engine{device: reticent{}}
	err := e.explain(&pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}, "use less")
	if want := "xla: out of device memory: 12 GiB were asked for; use less"; err.Error() != want {
		t.Errorf("%q; want %q", err, want)
	}
}

func TestFits(t *testing.T) {
	// Printed by XLA on an H200 with 105,604 MB free.
	const message = "Out of memory while trying to allocate 238.67GiB with allocator GPU_0_bfc on device 0."
	for _, c := range []struct {
		message string
		free    int64
		want    int
	}{
		{message, 105604 << 20, 1024},
		{message, 400 << 30, 0}, // it would have fit
		{message, 0, 0},         // not known
		{"Out of memory while trying to allocate 1024 bytes.", 512, 0},
		{"Out of memory while trying to allocate 1024B.", 512, 1024},
		{"no memory", 512, 0},
	} {
		if got := fits(3072, c.message, c.free); got != c.want {
			t.Errorf("%q, %d bytes free: %d; want %d", c.message, c.free, got, c.want)
		}
	}
}
