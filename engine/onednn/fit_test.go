package onednn

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestFits(t *testing.T) {
	net := build(t, "vgg16", []int{3, 32, 32}, 100, 1)
	_, sample := net.Activations()
	for _, c := range []struct {
		free int64
		want int
	}{
		{int64(4*sample) * 100, 64}, {int64(4*sample)*64 - 1, 32}, {int64(4 * sample), 1}, {int64(4*sample) - 1, 0},
		{int64(4*sample) * 1000, 64}, // the batch of 128 did not fit
	} {
		if got := fits(net, 128, c.free); got != c.want {
			t.Errorf("%d bytes: %d; want %d", c.free, got, c.want)
		}
	}
	said := explain(fmt.Errorf("mmap: %w", syscall.ENOMEM), net, 1<<40).Error()
	if !strings.Contains(said, "MB are available") || !strings.Contains(said, "--batch ") {
		t.Error(said)
	}
}
