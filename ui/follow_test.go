package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
)

// fresh reads a log that was not read before.
func fresh(t *testing.T, x *index, dir string) *detail {
	d := &detail{}
	if err := d.update(x.root, dir); err != nil {
		t.Fatal(err)
	}
	return d
}

// content is what of a detail must not depend on how it was read.
func content(d *detail) string {
	text := fmt.Sprintf("%d %d %d %q %q %v %q %v %v", d.bytes, d.lines, d.size, d.problem, d.last, d.epochs, d.warnings, d.train, d.choosing)
	parts := []any{d.started, d.ended, d.lastEpoch}
	for _, s := range d.stages {
		parts = append(parts, s.started, s.first, s.ended)
	}
	for _, p := range parts {
		b, err := json.Marshal(p)
		text += fmt.Sprintf("\n%s %v", b, err)
	}
	return text
}

// However a log grows, is cut in the middle of a line, taken back and written on otherwise, a detail that
// was read on, and a glance, are what reading all of it anew gives.
func TestReadOn(t *testing.T) {
	dir := t.TempDir()
	versions := [][][]byte{logOf(t, usual().tell())}
	for i := range 3 {
		other := usual()
		other.gain, other.lr = .001*float64(i+1), .2
		lines := logOf(t, other.tell())
		for j, l := range lines { // each as long as that of the first, at another time
			lines[j] = bytes.Replace(l, []byte(`"time":"2026`), fmt.Appendf(nil, `"time":"203%d`, i), 1)
		}
		versions = append(versions, lines)
	}
	path := put(t, dir, "run", versions[0][0])
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	on := &detail{}
	r := rand.New(rand.NewPCG(1, 2))
	kept := [][]byte{versions[0][0]}
	rereads := 0
	for step := range 400 {
		v := versions[r.IntN(len(versions))]
		switch r.IntN(4) {
		case 0: // back, maybe to nothing
			kept = slices.Clone(kept[:r.IntN(len(kept)+1)])
		default:
			n := min(len(kept)+r.IntN(4), len(v))
			kept = append(slices.Clone(kept), v[min(len(kept), n):n]...)
		}
		text := joinLines(kept)
		if len(kept) < len(v) {
			next := v[len(kept)]
			text = append(text, next[:r.IntN(len(next))]...) // without its newline
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1e9+int64(step), 0) // two changes may come within what a file system tells apart
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		before := on.bytes
		if err := on.update(x.root, "run"); err != nil {
			t.Fatal(err)
		}
		if on.bytes < before {
			rereads++
		}
		if want := fresh(t, x, "run"); content(on) != content(want) {
			t.Fatalf("step %d: read on\n%s\nread anew\n%s", step, content(on), content(want))
		}
		x.next = time.Time{}
		x.refresh()
		y, err := openIndex(dir)
		if err != nil {
			t.Fatal(err)
		}
		y.refresh()
		if a, b := x.list(), y.list(); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("step %d: glanced on\n%+v\nanew\n%+v", step, a, b)
		}
		if err := y.close(); err != nil {
			t.Fatal(err)
		}
	}
	if rereads < 10 || on.lines == 0 && len(kept) > 0 {
		t.Errorf("%d times taken back: the test tests nothing", rereads)
	}
}

// As lgl resume does it: record.Log is taken back to a Mark and written on.
func TestResumed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "run", logName)
	log, err := record.CreateLog(path)
	if err != nil {
		t.Fatal(err)
	}
	emit := func(l *record.Log, events ...record.Event) {
		for _, e := range events {
			if s, ok := e.(stageEnd); ok {
				e = s.StageEnded
			}
			if err := l.Emit(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	events := usual().tell()
	emit(log, events[:3]...)
	mark, err := log.Mark()
	if err != nil {
		t.Fatal(err)
	}
	emit(log, events[3:5]...)
	emit(log, record.RunEnded{Status: "interrupted"})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir)
	if got := s.list()["run"]; got["status"] != "interrupted" {
		t.Errorf("%v", got)
	}
	var curve struct{ Series []struct{ X, Y []float64 } }
	ask := "/api/curves?metric=top1&run=" + idOf("run")
	if s.decode(ask, &curve); !reflect.DeepEqual(curve.Series[0].X, []float64{1, 2, 3}) {
		t.Errorf("before: %v", curve)
	}
	if log, err = record.ReopenLog(path, mark); err != nil {
		t.Fatal(err)
	}
	if got := s.list()["run"]; got["status"] != "stopped" || got["epoch"] != 1.0 {
		t.Errorf("taken back: %v", got)
	}
	events[3] = func(e record.EpochEnded) record.EpochEnded { e.Test.Top1 = .125; return e }(events[3].(record.EpochEnded))
	emit(log, events[3:]...)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.list()["run"]; got["status"] != "done" || got["epoch"] != 6.0 {
		t.Errorf("gone on: %v", got)
	}
	if s.decode(ask, &curve); !reflect.DeepEqual(curve.Series[0].X, []float64{1, 2, 3, 4, 5, 6}) || curve.Series[0].Y[1] != .125 {
		t.Errorf("after: %v", curve)
	}
}

// A shelf holds no more than so many bytes, of the details that were used last.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	lines := logOf(t, usual().tell())
	for i := range 20 {
		put(t, dir, fmt.Sprint(i), lines...)
	}
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if size := reflect.TypeFor[moment]().Size(); size != momentSize {
		t.Errorf("an epoch takes %d bytes; want %d", size, momentSize)
	}
	one := fresh(t, x, "0").size
	s := newShelf(x.root)
	s.most = 5*one + one/2
	read := func(i int) (was int) {
		err := s.read(fmt.Sprint(i), fmt.Sprint(i), func(d *detail) error {
			if len(d.epochs) != 6 {
				t.Errorf("%d epochs", len(d.epochs))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return len(s.kept)
	}
	for i := range 20 {
		read(i)
		read(0) // which is used all the time
		if s.bytes > s.most || len(s.kept) > 5 || len(s.kept) != s.order.Len() || s.bytes != one*len(s.kept) {
			t.Fatalf("%d bytes of %d, %d kept, %d in order", s.bytes, s.most, len(s.kept), s.order.Len())
		}
	}
	for i, want := range map[int]bool{0: true, 19: true, 16: true, 15: false, 1: false} {
		if (s.kept[fmt.Sprint(i)] != nil) != want {
			t.Errorf("%d is on the shelf: %v", i, !want)
		}
	}
}
