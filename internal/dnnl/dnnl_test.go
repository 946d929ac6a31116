package dnnl

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// A library that is not there is said in one line: what was tried and the way out.
func TestLibraryNotFound(t *testing.T) {
	_, err := search([]string{"/nowhere/libdnnl.so.2", "libnowhere.so"})
	if err == nil {
		t.Fatal("found a library that does not exist")
	}
	for _, want := range []string{"/nowhere/libdnnl.so.2, libnowhere.so", "apt install libdnnl2", PathVariable} {
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q does not say %q in one line", err, want)
		}
	}
}

// The variable replaces the search, and a library that is not oneDNN is refused.
func TestNotOneDNN(t *testing.T) {
	_, err := search([]string{"libm.so.6"})
	if err == nil || !strings.Contains(err.Error(), "libm.so.6: is not oneDNN") {
		t.Errorf("error %v", err)
	}
	t.Log(err)
}

func TestVersions(t *testing.T) {
	for v, ok := range map[Version]bool{
		{2, 6, 3}: true, {2, 3, 0}: true, {2, 7, 2}: true,
		{2, 2, 4}: false, {1, 8, 0}: false, {3, 1, 1}: false, {3, 7, 2}: false,
	} {
		err := v.check()
		if (err == nil) != ok {
			t.Errorf("version %v: %v", v, err)
		}
		if err != nil && !strings.Contains(err.Error(), v.String()) {
			t.Errorf("%q does not say what was found", err)
		}
	}
}

func TestStatusWords(t *testing.T) {
	if s := Unimplemented.Error(); s != "not implemented" {
		t.Error(s)
	}
	if s := Status(99).Error(); s != "status 99" {
		t.Error(s)
	}
}

// load loads the library, or skips the test where it is not installed.
func load(t *testing.T) Info {
	info, err := Load()
	if err != nil {
		if os.Getenv("LGL_REQUIRE_ONEDNN") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return info
}

func TestLoad(t *testing.T) {
	info := load(t)
	if info.Version.Major != 2 || info.Path == "" || info.ISA == "" {
		t.Errorf("%+v", info)
	}
	if again, err := Load(); err != nil || again != info {
		t.Errorf("loaded again as %+v, %v", again, err)
	}
}

// A 2x3 matrix transposed by a reorder: element (i, j) moves from 3i+j to i+2j.
func TestReorderTransposes(t *testing.T) {
	load(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	SetThreads(1)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := NewEngine()
	must(err)
	s, err := e.NewStream()
	must(err)
	row, err := NewDesc([]int{2, 3}, AB)
	must(err)
	const ba = 22
	column, err := NewDesc([]int{2, 3}, ba)
	must(err)
	if row.Size() != 24 || row.Equal(&column) || !row.Equal(&row) {
		t.Errorf("size %d, equal to its transpose: %v", row.Size(), row.Equal(&column))
	}
	pd, err := e.Reorder(&row, &column)
	must(err)
	p, err := pd.NewPrimitive()
	must(err)
	if pd.Implementation() == "" {
		t.Error("the primitive has no name")
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	a, b := &[6]float32{1, 2, 3, 4, 5, 6}, &[6]float32{}
	pin.Pin(a)
	pin.Pin(b)
	src, err := e.NewMemory(&row, uintptr(unsafe.Pointer(a)))
	must(err)
	dst, err := e.NewMemory(&column, uintptr(unsafe.Pointer(b)))
	must(err)
	must(p.Execute(s, []Arg{{Src, src}, {Dst, dst}}))
	if want := [6]float32{1, 4, 2, 5, 3, 6}; *b != want {
		t.Errorf("got %v; want %v", *b, want)
	}
	must(errors.Join(src.Close(), dst.Close(), p.Close(), pd.Close(), s.Close(), e.Close()))
}

// A primitive that the library cannot make is an error with its status, not a crash.
func TestRefusedPrimitive(t *testing.T) {
	load(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e, err := NewEngine()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a, _ := NewDesc([]int{2, 3}, AB)
	b, _ := NewDesc([]int{5, 7}, AB)
	if _, err := e.Reorder(&a, &b); !errors.Is(err, InvalidArguments) {
		t.Errorf("error %v", err)
	}
	if _, err := NewDesc([]int{-1}, A); err == nil {
		t.Error("a negative dimension was accepted")
	}
}
