package run

import "testing"

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "run", 3}, {"run", "", 3}, {"frist", "first", 2}, {"kitten", "sitting", 3}, {"herb-s1", "herb-s2", 1}, {"run", "run", 0}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("edits(%q, %q) = %d; want %d", c.a, c.b, got, c.want)
		}
	}
}
