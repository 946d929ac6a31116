package pjrt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// faulty opens a copy of the plugin at path, which the loader takes for another library, with a fault.
func faulty(t *testing.T, path, fault string, patience time.Duration) (*Plugin, string) {
	t.Helper()
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(path, code, 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path, patience)
	if err != nil {
		t.Fatal(err)
	}
	var set func(string)
	bind(t, path, "fault", &set)
	set(fault)
	return p, path
}

// use does with a plugin what a run does: three programs' runs on one another's outputs, the result fetched.
func use(p *Plugin) (err error) {
	c, err := p.NewClient()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	add, err := c.Compile("add")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, add.Close()) }()
	return runThrice(c, add)
}

func runThrice(c *Client, add *Executable) error {
	x, err := c.Put(floats(1), F32, []int64{1})
	if err != nil {
		return err
	}
	defer func() { x.Close() }()
	y, sent, err := c.PutAsync(floats(2), F32, []int64{1})
	if err != nil {
		return err
	}
	defer func() { y.Close() }()
	defer func() { _ = sent.Wait() }() // what failed is known by then
	for range 3 {
		outs, err := add.Run([]*Buffer{x, y})
		if err != nil {
			return err
		}
		x.Close()
		y.Close()
		x, y = outs[0], outs[1]
	}
	done, err := x.Fetch(make([]byte, 4), 1)
	if err == nil {
		err = done.Wait()
	}
	return err
}

// A device that fails gives errors with its code, at once or when its results are waited for, and nothing of
// it stays behind.
func TestFaults(t *testing.T) {
	built := build(t, "plugin.c")
	for _, fault := range []string{"", "create 1 8", "compile 1 8", "put 1 13", "put 2 13", "put 2 lost", "execute 1 13", "execute 2 8", "execute 1 lost", "execute 3 lost", "fetch 1 13", "fetch 1 lost"} {
		t.Run(fault, func(t *testing.T) {
			p, path := faulty(t, built, fault, time.Minute)
			err := use(p)
			var failed *Error
			if fault == "" && err != nil || fault != "" && !errors.As(err, &failed) {
				t.Fatalf("%v", err)
			}
			want := Code(13)
			if strings.HasSuffix(fault, " 8") {
				want = ResourceExhausted
			}
			if fault != "" && failed.Code != want {
				t.Errorf("code %d; want %d: %v", failed.Code, want, err)
			}
			freed(t, path)
		})
	}
}

// A device that does not answer, wherever it stops, is left after the time that Open was told, and is not asked again.
func TestSilence(t *testing.T) {
	const patience = 300 * time.Millisecond
	built := build(t, "plugin.c")
	for _, fault := range []string{"create 1 hang", "compile 1 hang", "put 1 hang", "put 2 never", "execute 1 hang", "execute 3 hang", "execute 1 never", "execute 3 never", "fetch 1 hang", "fetch 1 never", "destroy 1 hang"} {
		t.Run(fault, func(t *testing.T) {
			p, _ := faulty(t, built, fault, patience)
			began := time.Now()
			err := use(p)
			took, want := time.Since(began), patience
			if strings.HasPrefix(fault, "compile") {
				want *= 6
			}
			if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), fmt.Sprintf("does not answer: nothing in %v", want)) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v; want once that it does not answer, nothing in %v", err, want)
			}
			if took < want || took > want+5*time.Second {
				t.Errorf("it took %v; want %v", took, want)
			}
			began = time.Now()
			if _, again := p.NewClient(); !errors.Is(again, ErrSilent) || !strings.HasSuffix(err.Error(), again.Error()) || time.Since(began) > patience {
				t.Errorf("asked again: %v, after %v; want what it said first: %v", again, time.Since(began), err)
			}
		})
	}
}

// Nor is a plugin waited for without end that does not say what is done.
func TestSilenceOfUnknown(t *testing.T) {
	p, _ := faulty(t, build(t, "plugin.c"), "fetch 1 never", 100*time.Millisecond)
	p.api.functions[eventIsReady] = 0
	ended := make(chan error, 1)
	go func() { ended <- use(p) }()
	select {
	case err := <-ended:
		if !errors.Is(err, ErrSilent) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it is waited for")
	}
}

// What a silent device may still read or write stays where it is: also if it comes back later from the call that began the copy.
func TestSilenceHolds(t *testing.T) {
	built := build(t, "plugin.c")
	for _, fault := range []string{"fetch 1 never", "fetch 1 hang"} {
		t.Run(fault, func(t *testing.T) {
			p, _ := faulty(t, built, fault, 100*time.Millisecond)
			if err := use(p); !errors.Is(err, ErrSilent) {
				t.Fatal(err)
			}
			for what, want := range map[string][]byte{"the fetch": make([]byte, 4), "the copy to the device": floats(2)} {
				if !holds(p, want) {
					t.Errorf("the memory of %s is not held", what)
				}
			}
		})
	}
}

// holds reports whether a plugin holds memory with these bytes.
func holds(p *Plugin, want []byte) bool {
	p.held.Lock()
	defer p.held.Unlock()
	all := append([]any{}, p.held.memory...)
	for _, m := range p.held.memory {
		if l, ok := m.(lent); ok {
			all = append(all, l...)
		}
	}
	return slices.ContainsFunc(all, func(m any) bool {
		b, ok := m.([]byte)
		return ok && bytes.Equal(b, want)
	})
}

// The arguments of a run from which a device did not come back are left alone: it may still read them.
func TestSilenceKeepsArguments(t *testing.T) {
	p, _ := faulty(t, build(t, "plugin.c"), "execute 1 hang", 100*time.Millisecond)
	c, add, x := adding(t, p)
	y, err := c.Put(floats(2), F32, []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]*Buffer{{x, y}, {y, x}} {
		if _, err := add.Run(args); !errors.Is(err, ErrSilent) {
			t.Fatal(err)
		}
	}
	if add.in[0] != x.object || add.in[1] != y.object {
		t.Error("the arguments were changed")
	}
}
