package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// long reports whether the long form of the battery was asked for (make torture).
func long() bool { return os.Getenv("LGL_TORTURE") != "" }

// snapshot makes one that is like no other.
func snapshot(i int) Snapshot {
	return Snapshot{
		Position: []byte(fmt.Sprintf(`{"format": 1, "epoch": %d}`, i)),
		Tensors: nn.State{
			"model/w":          {Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, float32(i)}},
			"model/momentum.w": {Shape: []int{6}, Data: []float32{float32(i), 0, 0, 0, 0, 1}},
			"losses":           {Shape: []int{300}, Data: make([]float32, 300)},
		},
	}
}

// newest returns the newest checkpoint, which must be whole.
func newest(t *testing.T, dir string) Snapshot {
	t.Helper()
	s, _, _, err := NewStore(dir).Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSaveKeepsTheNewest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := NewStore(dir)
	if _, _, _, err := s.Newest(true); !errors.Is(err, ErrNone) {
		t.Errorf("before any: %v", err)
	}
	for i := 1; i <= 5; i++ {
		n, err := s.Save(snapshot(i))
		if err != nil || n != i {
			t.Fatalf("checkpoint %d, %v; want %d", n, err, i)
		}
		if got := newest(t, dir); !reflect.DeepEqual(got, snapshot(i)) {
			t.Fatalf("read back %v", got)
		}
	}
	if all := names(t, dir); !reflect.DeepEqual(all, []string{"000004", "000005"}) {
		t.Errorf("the folder holds %v", all)
	}
	if err := s.Clear(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Clear: %v", err)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A damaged checkpoint is refused by the name of the file that is; fallback takes the one before it.
func TestFallback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := NewStore(dir)
	for i := 1; i <= 2; i++ {
		if _, err := s.Save(snapshot(i)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(s.Path(2), tensorsFile)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := s.Newest(false)
	var older *OlderError
	var damaged *DamagedError
	if !errors.As(err, &older) || older.Whole != s.Path(1) || !errors.As(err, &damaged) || damaged.Path != path {
		t.Errorf("without fallback: %v", err)
	}
	got, number, skipped, err := s.Newest(true)
	if err != nil || number != 1 || len(skipped) != 1 || !reflect.DeepEqual(got, snapshot(1)) {
		t.Errorf("with fallback: %v, checkpoint %d, skipped %v", err, number, skipped)
	}
	if err := os.Remove(filepath.Join(s.Path(1), positionFile)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.Newest(true); err == nil || !strings.Contains(err.Error(), "the file is missing") {
		t.Errorf("with none whole: %v", err)
	}
}

// Every bit that flips, and every cut, is seen.
func TestEveryBitAndEveryCut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := NewStore(dir)
	if _, err := s.Save(snapshot(1)); err != nil {
		t.Fatal(err)
	}
	flips, cuts, r := 0, 0, rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{positionFile, tensorsFile, sumsFile} {
		path := filepath.Join(s.Path(1), name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		broken := func(raw []byte, what string) {
			if err := os.WriteFile(path, raw, 0o644); err != nil {
				t.Fatal(err)
			}
			var damaged *DamagedError
			if _, err := s.Load(1); !errors.As(err, &damaged) {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
		}
		for bit := range 8 * len(whole) {
			if !long() && r.IntN(8) > 0 {
				continue
			}
			raw := append([]byte(nil), whole...)
			raw[bit/8] ^= 1 << (bit % 8)
			broken(raw, fmt.Sprintf("bit %d", bit))
			flips++
		}
		for n := range whole {
			broken(whole[:n], fmt.Sprintf("cut at %d", n))
			cuts++
		}
		broken(append(append([]byte(nil), whole...), 0), "one byte more")
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	newest(t, dir)
	t.Logf("%d of %d one-bit flips and %d of %d truncations detected", flips, flips, cuts, cuts)
}

// faulty is a disk whose n-th operation, from 1, fails and does nothing, or writes half; if crash is
// set no operation after it is done, as when the machine stops. It keeps account of what was not made
// to last.
type faulty struct {
	osDisk
	n, ops   int
	crash    bool
	unsynced map[string]bool      // files
	renamed  map[string][2]string // by folder: the last rename in it that is not synced
}

var errFault = errors.New("input/output error")

func (f *faulty) fails() bool {
	f.ops++
	return f.ops == f.n || f.crash && f.n > 0 && f.ops > f.n
}

func (f *faulty) Mkdir(path string) error {
	if f.fails() {
		return errFault
	}
	return f.osDisk.Mkdir(path)
}

func (f *faulty) Create(path string) (diskFile, error) {
	if f.fails() {
		return nil, errFault
	}
	file, err := os.Create(path)
	f.unsynced[path] = true
	return &faultyFile{f, file}, err
}

func (f *faulty) Rename(from, to string) error {
	if f.fails() {
		return errFault
	}
	f.renamed[filepath.Dir(to)] = [2]string{from, to}
	return f.osDisk.Rename(from, to)
}

func (f *faulty) SyncDir(path string) error {
	if f.fails() {
		return errFault
	}
	delete(f.renamed, path)
	return f.osDisk.SyncDir(path)
}

func (f *faulty) RemoveAll(path string) error {
	if f.fails() {
		return errFault
	}
	return f.osDisk.RemoveAll(path)
}

type faultyFile struct {
	disk *faulty
	*os.File
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if f.disk.fails() {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, errFault
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error {
	if f.disk.fails() {
		return errFault
	}
	delete(f.disk.unsynced, f.Name())
	return f.File.Sync()
}

func (f *faultyFile) Close() error {
	err := f.File.Close()
	if f.disk.fails() {
		return errFault
	}
	return err
}

// tear does what a machine that stops may do: files that were not fsynced lose their end, or are
// zeros; a rename in a folder that was not fsynced did not happen.
func (f *faulty) tear(t *testing.T, r *rand.Rand) {
	t.Helper()
	for path := range f.unsynced {
		info, err := os.Stat(path)
		if err != nil {
			continue // it went with its folder
		}
		size := info.Size()
		if err := os.Truncate(path, r.Int64N(size+1)); err != nil {
			t.Fatal(err)
		}
		if r.IntN(2) == 0 { // the size was made to last, the bytes were not
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, names := range f.renamed {
		if r.IntN(2) == 0 {
			if err := os.Rename(names[1], names[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
}

// Whichever operation of a save and a rotation fails, or is the last before the machine stops, the
// newest checkpoint is the one before or the new one, whole; a failure is reported; and the next save
// succeeds and leaves nothing else behind.
func TestEveryOperationFails(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	torn := 1
	if long() {
		torn = 50
	}
	cases := 0
	for _, before := range []int{0, 1, 2} { // checkpoints there; with two there is a rotation
		for _, crash := range []bool{false, true} {
			for n := 1; ; n++ {
				last := false
				for range torn {
					cases++
					if last = failAt(t, r, before, n, crash); last {
						break
					}
				}
				if last {
					break
				}
			}
		}
	}
	t.Logf("%d failures and crashes: the checkpoint before or the new one, nothing else", cases)
}

// failAt has operation n of a save fail, and reports whether the save has fewer.
func failAt(t *testing.T, r *rand.Rand, before, n int, crash bool) (none bool) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "checkpoints")
	for i := 1; i <= before; i++ {
		if _, err := NewStore(dir).Save(snapshot(i)); err != nil {
			t.Fatal(err)
		}
	}
	bad := &faulty{n: n, crash: crash, unsynced: map[string]bool{}, renamed: map[string][2]string{}}
	_, err := (&Store{dir, bad}).Save(snapshot(before + 1))
	if bad.ops < n {
		return true
	}
	what := fmt.Sprintf("operation %d of a save beside %d, crash %v", n, before, crash)
	if err == nil {
		t.Fatalf("%s: success", what)
	}
	if crash {
		bad.tear(t, r)
	}
	got, _, _, err := NewStore(dir).Newest(false)
	switch {
	case before == 0 && errors.Is(err, ErrNone):
	case err != nil:
		t.Fatalf("%s: %v", what, err)
	case !reflect.DeepEqual(got, snapshot(before)) && !reflect.DeepEqual(got, snapshot(before+1)):
		t.Fatalf("%s: %s", what, got.Position)
	}
	if _, err := NewStore(dir).Save(snapshot(9)); err != nil {
		t.Fatalf("after %s: %v", what, err)
	}
	if got := newest(t, dir); !reflect.DeepEqual(got, snapshot(9)) {
		t.Fatalf("after %s: %s", what, got.Position)
	}
	for _, name := range names(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Fatalf("after %s: %s is left", what, name)
		}
	}
	return false
}

// A thousand checkpoints leave as many files and descriptors as two.
func TestSoak(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s, count := NewStore(dir), 100
	if long() {
		count = 1000
	}
	descriptors := func() int {
		open, _ := os.ReadDir("/proc/self/fd") // none where there is no such folder
		return len(open)
	}
	before := descriptors()
	for i := 1; i <= count; i++ {
		if _, err := s.Save(snapshot(i)); err != nil {
			t.Fatal(err)
		}
	}
	if now := descriptors(); now > before {
		t.Errorf("%d descriptors after %d checkpoints; %d before", now, count, before)
	}
	if all := names(t, dir); len(all) != Keep {
		t.Errorf("the folder holds %v", all)
	}
	t.Logf("%d checkpoints: %d descriptors before and after, %d folders", count, before, Keep)
}

// A checkpoint takes memory once for its numbers as they are written, and none as it, and the one before it, are read back:
// they may have a gigabyte.
func TestSaveReadsInPieces(t *testing.T) {
	const values = 8 << 20
	s := NewStore(filepath.Join(t.TempDir(), "checkpoints"))
	c := Snapshot{Position: []byte("{}"), Tensors: nn.State{"w": {Shape: []int{values}, Data: make([]float32, values)}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range Keep + 1 {
		if _, err := s.Save(c); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) / (Keep + 1); took > 5*values {
		t.Errorf("to save %d bytes took %d", 4*values, took)
	}
}
