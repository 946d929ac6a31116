package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestResults(t *testing.T) {
	s := Results(known())
	if want := "LGL(d,3) 3 94.10 ±1.10 2.10x 252,000 60.0 +3.10 [+2.85, +3.35] n=3 +2.10 [+1.85, +2.35] n=3"; strings.Join(s.Rows[3], " ") != want {
		t.Errorf("row %q; want %q", s.Rows[3], want)
	}
	if s.Rows[0][7] != "" || s.Rows[0][8] != "" || s.Rows[1][8] != "" || s.Rows[1][7] == "" {
		t.Errorf("a baseline is compared with itself: %q", s.Rows[:2])
	}
	for i, l := range s.Data {
		if len(l) != len(resultColumns) {
			t.Errorf("line %d: %d values of %d", i, len(l), len(resultColumns))
		}
	}
	value := func(row int, column string) float64 {
		v, err := strconv.ParseFloat(s.Data[row+1][slices.Index(resultColumns, column)], 64)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	for column, want := range map[string]float64{"n": 3, "top1": .941, "top1_sd": .011, "cost": 2.1, "samples": 252000, "vs_baseline": .031,
		"vs_equal": .021, "vs_equal_n": 3, "train": 12000, "test": 10000, "epochs": 10, "batch": 128} {
		if got := value(3, column); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v; want %v", column, got, want)
		}
	}
	if one := Results(demo(1)); one.Rows[0][3] != "n=1" || one.Rows[2][7] != "n too small" || one.Data[1][4] != "" {
		t.Errorf("one seed: %v", one.Rows)
	}
}

func TestInsert(t *testing.T) {
	s := Sheet{Header: []string{"a", "b"}, Rows: [][]string{{"1", "2"}, {"3", "4"}}, Data: [][]string{{"a", "b"}, {"1", "2"}, {"3", "4"}}}
	s.Insert(1, "x %", "x", []string{"p", "q"}, []string{"r", "s"})
	if strings.Join(s.Header, " ")+strings.Join(s.Rows[1], " ")+strings.Join(s.Data[0], " ")+strings.Join(s.Data[2], " ") != "a x % b3 q 4a x b3 s 4" {
		t.Errorf("%+v", s)
	}
}
