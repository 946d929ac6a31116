package nn_test

import (
	"slices"
	"strings"
	"testing"
)

// TestGrow holds every tensor to the rule, bit for bit: the head's first rows are the old ones, the others
// stay as they were drawn, and all below the head is the old network's.
func TestGrow(t *testing.T) {
	for _, name := range []string{"resnet18", "mlp", "smallcnn"} {
		net, own := drawn(t, name, 7, "own")
		_, from := drawn(t, name, 4, "from")
		s := own.Clone()
		known, err := net.Grow(s, from)
		if err != nil || known != 4 {
			t.Fatalf("%s: %d known, %v", name, known, err)
		}
		if err := net.Check(s); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, p := range net.Params() {
			got, old, drew := s[p.Name].Data, from[p.Name].Data, own[p.Name].Data
			if p.Layer != net.Head() {
				drew = drew[:0]
			}
			if !slices.Equal(got[:len(old)], old) {
				t.Errorf("%s: %s does not begin with the old values", name, p.Name)
			}
			if rest := got[len(old):]; len(drew) > 0 && !slices.Equal(rest, drew[len(old):]) || len(drew) == 0 && len(rest) > 0 {
				t.Errorf("%s: the new rows of %s are not those drawn", name, p.Name)
			} else if len(rest) > 0 {
				rows++
			}
		}
		if rows != 2 {
			t.Errorf("%s: %d tensors have new rows; want weight and bias of the head", name, rows)
		}
	}
}

// TestGrowRefuses checks that a network of as many classes, of more, or of another kind is no older one.
func TestGrowRefuses(t *testing.T) {
	net, own := drawn(t, "mlp", 4, "own")
	for want, classes := range map[string]int{"for 4 classes; want fewer than 4": 4, "for 9 classes; want fewer than 4": 9} {
		_, from := drawn(t, "mlp", classes, "from")
		if _, err := net.Grow(own.Clone(), from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
	_, from := drawn(t, "resnet18", 2, "from")
	if _, err := net.Grow(own, from); err == nil || !strings.Contains(err.Error(), "the weights lack") {
		t.Errorf("error %v; want one that names what is lacking", err)
	}
}
