package ui

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Benchmarks of a page with 1,000 runs of 1,000 epochs, a million points of a curve:
//
//	go test -run - -bench . -benchtime 1x ./ui
//
// List and Curves are what a page waits for; Cold has every log read from the beginning; Look is what an
// open page costs each second or so while nothing changes.

// million makes 200 groups of five seeds, and returns the ids.
func million(b *testing.B) (*Server, []string) {
	b.Helper()
	dir := b.TempDir()
	var ids []string
	for i := range 1000 {
		made := usual()
		made.stages, made.epochs, made.confuse = 2, 500, nil
		made.seed, made.lr, made.gain = uint64(i%5), float64(i/5), .0001*float64(i)
		name := fmt.Sprintf("lr-%d-s%d", i/5, i%5)
		put(b, dir, name, logOf(b, made.tell())...)
		ids = append(ids, "run="+idOf(name))
	}
	s, err := New(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s, ids
}

func BenchmarkPage(b *testing.B) {
	s, ids := million(b)
	all := strings.Join(ids, "&")
	ask := func(path string) func(*testing.B) {
		return func(b *testing.B) {
			size := 0
			for b.Loop() {
				w := s.answerOf(path)
				if size = w.Body.Len(); w.Code != http.StatusOK {
					b.Fatalf("%d %.300s", w.Code, w.Body)
				}
			}
			b.ReportMetric(float64(size), "B/answer")
		}
	}
	b.Run("FirstList", ask("/api/runs"))
	b.Run("List", ask("/api/runs"))
	b.Run("Look", func(b *testing.B) {
		for b.Loop() {
			s.index.next = s.index.next.AddDate(-1, 0, 0)
			s.live.look()
		}
	})
	b.Run("ColdCurves", ask("/api/curves?metric=top1&group=1&"+all))
	b.Run("CurvesOf1000", ask("/api/curves?metric=top1&"+all))
	b.Run("GroupsOf1000", ask("/api/curves?metric=top1&group=1&"+all))
	b.Run("CurvesOf10", ask("/api/curves?metric=top1&"+strings.Join(ids[:10], "&")))
}
