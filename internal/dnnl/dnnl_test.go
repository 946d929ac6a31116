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

// A library that is not oneDNN is refused.
func TestNotOneDNN(t *testing.T) {
	_, err := search([]string{"libm.so.6"})
	if err == nil || !strings.Contains(err.Error(), "libm.so.6: is not oneDNN") {
		t.Errorf("error %v", err)
	}
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
	if s := Status(3).Error(); s != "not implemented" {
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
	if _, err := e.Reorder(&a, &b); err == nil || err.Error() != "invalid arguments" {
		t.Errorf("error %v", err)
	}
	if _, err := NewDesc([]int{-1}, A); err == nil {
		t.Error("a negative dimension was accepted")
	}
}

// A product of matrices that are parts of larger ones, one of them transposed, against sums written
// out: alone, with a bias, and added to what was there.
func TestMatMul(t *testing.T) {
	load(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	SetThreads(1)
	for _, size := range [][3]int{{1, 1, 1}, {3, 2, 4}, {7, 20, 5}, {16, 64, 32}} {
		for _, add := range []bool{false, true} {
			for _, biased := range []bool{false, true} {
				matMul(t, size[0], size[1], size[2], add, biased)
			}
		}
	}
}

// matMul computes c [m n] of a [m k] with k+1 values from row to row, b [k n] that lies as [n k],
// and a bias.
func matMul(t *testing.T, m, k, n int, add, biased bool) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := NewEngine()
	must(err)
	s, err := e.NewStream()
	must(err)
	var a, b, c, bias [2100]float32
	for i := range a {
		a[i], b[i], bias[i], c[i] = float32(i*7%11)-5, float32(i*5%13)-6, float32(i%3), float32(i%17)-8
	}
	before := c
	aMD, err1 := NewStrided([]int{m, k}, []int{k + 1, 1})
	bMD, err2 := NewStrided([]int{k, n}, []int{1, k})
	cMD, err3 := NewStrided([]int{m, n}, []int{n + 2, 1})
	biasMD, err4 := NewDesc([]int{1, n}, AB)
	must(errors.Join(err1, err2, err3, err4))
	given := &biasMD
	if !biased {
		given, bias = nil, [2100]float32{}
	}
	pd, err := e.MatMul(&aMD, &bMD, given, &cMD, add)
	must(err)
	p, err := pd.NewPrimitive()
	must(err)
	pad, room := pd.Scratchpad(), [1 << 16]float32{}
	var pin runtime.Pinner
	defer pin.Unpin()
	var args []Arg
	tie := func(index int32, md *Desc, at *float32) {
		pin.Pin(at)
		memory, err := e.NewMemory(md, uintptr(unsafe.Pointer(at)))
		must(err)
		args = append(args, Arg{index, memory})
	}
	tie(Src, &aMD, &a[0])
	tie(Weights, &bMD, &b[0])
	tie(Dst, &cMD, &c[0])
	if biased {
		tie(Bias, &biasMD, &bias[0])
	}
	if pad.Size() > 4*len(room) {
		t.Fatalf("a scratchpad of %d bytes", pad.Size())
	}
	if pad.Size() > 0 {
		tie(Scratchpad, &pad, &room[0])
	}
	must(p.Execute(s, args))
	for i := range c {
		want, row, column := before[i], i/(n+2), i%(n+2)
		if row < m && column < n {
			if !add {
				want = 0
			}
			for l := range k {
				want += a[row*(k+1)+l] * b[column*k+l]
			}
			want += bias[column]
		}
		if c[i] != want {
			t.Fatalf("%dx%dx%d, add %v, bias %v, by %s: value %d is %v; want %v", m, k, n, add, biased, pd.Implementation(), i, c[i], want)
		}
	}
	for _, a := range args {
		must(a.Memory.Close())
	}
	must(errors.Join(p.Close(), pd.Close(), s.Close(), e.Close()))
}

// OpenMP's threads wait as lgl has them, or as the user does.
func TestOpenMPWaits(t *testing.T) {
	for _, c := range []struct{ policy, spins, wantPolicy, wantSpins string }{
		{"", "", "passive", "1000"},
		{"active", "", "active", ""},
		{"", "7", "", "7"},
	} {
		t.Setenv("OMP_WAIT_POLICY", c.policy)
		t.Setenv("GOMP_SPINCOUNT", c.spins)
		quietOpenMP()
		if policy, spins := os.Getenv("OMP_WAIT_POLICY"), os.Getenv("GOMP_SPINCOUNT"); policy != c.wantPolicy || spins != c.wantSpins {
			t.Errorf("%q, %q became %q, %q", c.policy, c.spins, policy, spins)
		}
	}
}
