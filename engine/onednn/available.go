package onednn

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/local-to-global/lgl/nn"
)

// errShort is the error of memory that the system has not.
var errShort = errors.New("more than the memory that is available")

// available returns the bytes of memory that can be taken without others losing theirs, 0 if the
// system does not say: what Linux estimates, or what is left of the control group's limit.
func available() int64 {
	free := fields("/proc/meminfo")["MemAvailable:"] << 10
	if left, ok := groupLeft("/sys/fs/cgroup"); ok && (free == 0 || left < free) {
		free = left
	}
	return free
}

// groupLeft returns what is left of a limit of memory in a control group (version 2), in which the
// pages of files that were read count as used until others need their place.
func groupLeft(dir string) (int64, bool) {
	number := func(name string) (int64, error) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	limit, err1 := number("memory.max") // "max" is no number, and no limit
	used, err2 := number("memory.current")
	stat := fields(filepath.Join(dir, "memory.stat"))
	return limit - used + stat["active_file"] + stat["inactive_file"], err1 == nil && err2 == nil
}

// fields reads a file of the kernel with a name and a number on each line; nothing where there is none.
func fields(path string) map[string]int64 {
	text, _ := os.ReadFile(path)
	all := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 {
			all[words[0]], _ = strconv.ParseInt(words[1], 10, 64) // 0 where it is no number
		}
	}
	return all
}

// fits returns the largest batch below batch, a power of two, whose activations and their gradients
// take no more than free bytes; 0 if there is none. Memory that is used twice is not counted once, so
// it is on the safe side.
func fits(net nn.Net, batch int, free int64) int {
	shapes, err := net.Shapes()
	if err != nil {
		return 0
	}
	sample := nn.Size(net.Input)
	for _, s := range shapes {
		sample += nn.Size(s)
	}
	n := min(int(free/int64(4*sample)), batch-1)
	if n < 1 {
		return 0
	}
	return 1 << (bits.Len(uint(n)) - 1)
}

// checkMemory refuses a batch whose kept activations alone, the outputs of convolutions and linear
// layers, are more than is available: before seconds go into timing.
func checkMemory(net nn.Net, batch int) error {
	shapes, err := net.Shapes()
	if err != nil {
		return err
	}
	bytes := int64(0)
	for i, l := range net.Layers {
		switch l.Op.(type) {
		case nn.Conv2D, nn.Linear:
			bytes += 4 * int64(batch) * int64(nn.Size(shapes[i]))
		}
	}
	if free := available(); free > 0 && bytes > free {
		return fmt.Errorf("onednn: at least %d MB for the activations of %s at batch %d: %w", bytes>>20, net.Name, batch, errShort)
	}
	return nil
}

// explain adds to an error of memory what is free and which batch would fit.
func explain(err error, net nn.Net, batch int) error {
	if !errors.Is(err, syscall.ENOMEM) && !errors.Is(err, errShort) {
		return err
	}
	free := available()
	err = fmt.Errorf("%w (%d MB are available)", err, free>>20)
	if n := fits(net, batch, free); n > 0 {
		return fmt.Errorf("%w; --batch %d would fit", err, n)
	}
	return err
}
