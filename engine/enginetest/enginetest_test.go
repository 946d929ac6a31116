package enginetest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWorst(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	bound := Bound{Absolute: 0.25, Relative: 0.5}
	for _, c := range []struct {
		got, want    []float32
		at           int
		off, allowed float64
	}{
		{[]float32{1, 2, 3}, []float32{1, 2.5, -4}, 2, 7, 2.25},
		{[]float32{1, nan}, []float32{1, 2}, 1, math.Inf(1), 1.25},
		{[]float32{inf, 1}, []float32{0, 1}, 0, math.Inf(1), 0.75},
		{[]float32{0, 0}, []float32{0, 0}, 0, 0, 0.25},
	} {
		at, off, allowed := bound.worst(c.got, c.want)
		if at != c.at || off != c.off || allowed != c.allowed {
			t.Errorf("%v against %v: %d, %v, %v; want %d, %v, %v", c.got, c.want, at, off, allowed, c.at, c.off, c.allowed)
		}
	}
}

// TestVectorsMatchNets checks that PyTorch's networks and ours have the same tensors: that none
// of the vectors goes uncompared.
func TestVectorsMatchNets(t *testing.T) {
	for _, c := range vectorCases() {
		vectors, err := readVectors("testdata/" + c.name + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"logits", "losses"}
		if c.lr > 0 {
			want = append(want, "steps")
		}
		for _, p := range c.net.Params() {
			if c.lr > 0 {
				want = append(want, "end."+p.Name, "norm."+p.Name)
			}
			if p.Trainable() && c.lr == 0 {
				continue
			} else if p.Trainable() {
				want = append(want, "grad."+p.Name, "end.momentum."+p.Name, "norm.momentum."+p.Name)
			} else {
				want = append(want, "after."+p.Name)
			}
		}
		var got []string
		for name := range vectors {
			got = append(got, name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: vectors %v; want %v", c.name, got, want)
		}
	}
}

func TestReadRecordTorn(t *testing.T) {
	whole := "\x02\x00\x00\x00ab\x01\x00\x00\x00\x00\x00\x80\x3f"
	name, values, err := readRecord(strings.NewReader(whole))
	if name != "ab" || !slices.Equal(values, []float32{1}) || err != nil {
		t.Errorf("%q, %v, %v; want ab, [1]", name, values, err)
	}
	for n := 1; n < len(whole); n++ {
		if _, _, err := readRecord(bytes.NewReader([]byte(whole[:n]))); err == nil || err.Error() == "EOF" {
			t.Errorf("the first %d bytes: error %v", n, err)
		}
	}
}

// TestAgreementNets checks that the networks are valid and have every operation between them.
func TestAgreementNets(t *testing.T) {
	seen := map[string]bool{}
	for _, net := range agreementNets() {
		if err := net.Validate(); err != nil {
			t.Error(err)
		}
		for _, l := range net.Layers {
			seen[fmt.Sprintf("%T", l.Op)] = true
		}
	}
	if len(seen) != 10 {
		t.Errorf("operations %v; want all 10", seen)
	}
}
