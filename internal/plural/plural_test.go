package plural

import "testing"

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n     int
		thing string
		want  string
	}{
		{0, "picture", "0 pictures"}, {1, "picture", "1 picture"}, {2, "picture", "2 pictures"},
		{1, "class", "1 class"}, {1234, "class", "1,234 classes"}, {2, "pass", "2 passes"}, {-1000, "run", "-1,000 runs"},
	} {
		if got := Count(c.n, c.thing); got != c.want {
			t.Errorf("Count(%d, %q) = %q; want %q", c.n, c.thing, got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -123456: "-123,456"} {
		if got := Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %s; want %s", n, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for most, want := range map[int]string{1: "a and 2 more", 2: "a, b and 1 more", 3: "a, b, c", 4: "a, b, c"} {
		if got := List([]string{"a", "b", "c"}, most); got != want {
			t.Errorf("at most %d: %q; want %q", most, got, want)
		}
	}
	if got := List(make([]string, 2001), 1); got != " and 2,000 more" {
		t.Errorf("%q", got)
	}
}

func TestNames(t *testing.T) {
	if got, want := Names([]string{"cat", "a, b", "red  square", "étoile", " dog"}), `cat, "a, b", "red  square", étoile, " dog"`; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}
