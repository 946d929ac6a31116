package nn_test

import (
	"slices"
	"strings"
	"testing"
)

// TestTake holds every tensor to the rule, bit for bit: head rows are those that were asked for, the others stay as they were
// drawn, and all below the head is the other network's; that may have fewer classes, as many, or more.
func TestTake(t *testing.T) {
	for _, name := range []string{"resnet18", "mlp", "smallcnn"} {
		for classes, rows := range map[int][]int{3: {0, 1, 2, -1, -1}, 5: {4, 0, -1, 2, 1}, 9: {8, 2, -1, 1, 0}} {
			net, own := drawn(t, name, 5, "own")
			_, from := drawn(t, name, classes, "from")
			s := own.Clone()
			if err := net.Take(s, from, rows); err != nil {
				t.Fatal(err)
			}
			for _, p := range net.Params() {
				want := from[p.Name].Data
				if p.Layer == net.Head() {
					want = nil
					width := p.Len() / net.Classes
					for k, row := range rows {
						of, at := from, row
						if row < 0 {
							of, at = own, k
						}
						want = append(want, of[p.Name].Data[at*width:(at+1)*width]...)
					}
				}
				if !slices.Equal(s[p.Name].Data, want) {
					t.Errorf("%s from %d classes: %s is not as it should be", name, classes, p.Name)
				}
			}
		}
	}
}

// TestTakeRefuses checks rows that are not there, too few of them, and weights of another network.
func TestTakeRefuses(t *testing.T) {
	net, own := drawn(t, "mlp", 4, "own")
	_, from := drawn(t, "mlp", 3, "from")
	_, other := drawn(t, "resnet18", 4, "from")
	for _, c := range []struct {
		want string
		rows []int
	}{{"head row 1 is to be row 3 of 3", []int{0, 3, 1, 2}}, {"head row 0 is to be row -2 of 3", []int{-2, 0, 1, 2}}, {"3 head rows to take; it has 4", []int{0, 1, 2}}} {
		if err := net.Take(own.Clone(), from, c.rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v; want %q", err, c.want)
		}
	}
	delete(from, "classifier.weight")
	delete(from, "classifier.bias")
	if err := net.Take(own.Clone(), from, []int{0, 1, 2, -1}); err == nil || !strings.Contains(err.Error(), "the weights have no head") {
		t.Errorf("error %v; want one of the head", err)
	}
	if err := net.Take(own, other, []int{0, 1, 2, 3}); err == nil || !strings.Contains(err.Error(), "the weights lack") {
		t.Errorf("error %v; want one that names what is lacking", err)
	}
}
