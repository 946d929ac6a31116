package pjrt

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// What is used after it was closed is refused here: a plugin would follow the pointer. Closing twice
// does nothing more.
func TestClosed(t *testing.T) {
	path := build(t, "plugin.c")
	p, err := Open(path, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c, add, x := adding(t, p)
	x.Close()
	x.Close()
	_, fetched := x.Fetch(make([]byte, 4), 1)
	_, awaited := ready(x)
	if err := errors.Join(add.Close(), add.Close()); err != nil {
		t.Error(err)
	}
	_, ran := add.Run(nil)
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	_, compiled := c.Compile("add")
	_, put := c.Put(floats(1), F32, []int64{1})
	_, _, memory := c.Memory()
	for what, err := range map[string]error{"fetch": fetched, "ready": awaited, "run": ran, "compile": compiled, "put": put, "memory": memory} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s: %v; want that it is closed", what, err)
		}
	}
	if kind := c.DeviceKind() + c.PlatformVersion(); kind != "" {
		t.Errorf("a closed client says %q", kind)
	}
	freed(t, path)
}
