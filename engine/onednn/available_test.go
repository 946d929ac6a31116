package onednn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFits(t *testing.T) {
	net := build(t, "vgg16", []int{3, 32, 32}, 100, 1)
	sample := 3 * 32 * 32
	shapes, err := net.Shapes()
	check(t, err)
	for _, s := range shapes {
		n := 1
		for _, d := range s {
			n *= d
		}
		sample += n
	}
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

func TestGroupLeft(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) { check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)) }
	if _, ok := groupLeft(dir); ok {
		t.Error("a limit where there is no file")
	}
	write("memory.max", "max\n")
	write("memory.current", "300\n")
	if _, ok := groupLeft(dir); ok {
		t.Error("a limit of max")
	}
	write("memory.max", "1000\n")
	if left, ok := groupLeft(dir); !ok || left != 700 {
		t.Errorf("%d, %v; want 700", left, ok)
	}
	write("memory.stat", "anon 100\nfile 200\nshmem 50\ninactive_file 30\nactive_file 120\nunevictable 0\n")
	if left, ok := groupLeft(dir); !ok || left != 850 {
		t.Errorf("%d, %v, with 150 of files that were read; want 850", left, ok)
	}
}
