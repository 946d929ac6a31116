package xla

import "testing"

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
