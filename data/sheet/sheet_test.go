package sheet

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data/augment"
)

// The font has letters of many scripts, and not of all.
func TestWrites(t *testing.T) {
	for text, want := range map[string]bool{"": true, "red car 2": true, "Äpfel, груша, μῆλον": true, "猫": false, "cat 猫": false, "🐈": false} {
		if got := writes(text); got != want {
			t.Errorf("%q: %v; want %v", text, got, want)
		}
	}
}

// Each letter has its own room: kerning set the r of "Trouser" into its T.
func TestSpacing(t *testing.T) {
	for _, text := range []string{"Tr", "T-", "AV", "To"} {
		first, second := small.width(text[:1]), small.width(text[1:])
		if got := small.width(text); got < first+second-1 {
			t.Errorf("%q is %d pixels wide; its letters are %d and %d", text, got, first, second)
		}
	}
}

// Every pixel of every tile of a sheet is that of its sample, drawn twice as large and more; rows that
// are too long go on below; words stand beside each row.
func TestSheet(t *testing.T) {
	src := noise(t, 40, 3, 3, 9, 9)
	first, err := Tiles(t.Context(), src, augment.Pipeline{}, []int{4, 7, 5}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var many []int
	for i := range 20 {
		many = append(many, i)
	}
	second, err := Tiles(t.Context(), src, augment.Pipeline{}, many, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := New(src.Shape(), 20, 1)
	if s.w != 72 || s.h != 72 || s.columns != 16 {
		t.Fatalf("tiles of %dx%d in %d columns; want 8 times as large, in 16", s.w, s.h, s.columns)
	}
	m := s.Draw("title", []Row{{"a name", "a note", first}, {"another", "", second}})
	check := func(i, x, y int) {
		t.Helper()
		for p := range 72 * 72 {
			if got, want := pixel(m, x+p%72, y+p/72), expected(src, i, 9, p%72/8, p/72/8); got != want {
				t.Fatalf("sample %d, pixel %d,%d: %v; want %v", i, p%72, p/72, got, want)
			}
		}
	}
	const left, top = border + words, border + heading
	check(4, left, top)
	check(7, left+76+apart, top)
	check(5, left+2*76+apart, top)
	check(0, left, top+76)
	check(15, left+15*76+apart, top+76)
	check(16, left, top+2*76)
	for name, r := range map[string]image.Rectangle{
		"title": image.Rect(border, border, left, top), "a name": image.Rect(border, top, left, top+18), "a note": image.Rect(border, top+19, left, top+36),
		"another": image.Rect(border, top+76, left, top+76+18),
	} {
		if !inked(m, r) {
			t.Errorf("no %s in %v", name, r)
		}
	}
	if free := image.Rect(0, 0, m.Bounds().Dx(), border-4); inked(m, free) {
		t.Error("something is drawn on the border")
	}
}

// inked reports whether something dark is in r.
func inked(m image.Image, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y < 140 {
				return true
			}
		}
	}
	return false
}

// A sheet of as many rows as fit is no larger than it may be, one with twice as many is.
func TestFits(t *testing.T) {
	for _, shape := range [][]int{{3, 224, 224}, {1, 8, 8}, {3, 500, 20}, {1, 5, 3000}} {
		for _, tiles := range []int{1, 10, 100} {
			s := New(shape, tiles, 0)
			n := s.fits("t", tiles)
			pixels := func(n int) int { return s.width("t") * (2*border + heading + n*s.lines(tiles)*s.line()) }
			if n < 1 || pixels(n) > mostPixels || pixels(n+1) <= mostPixels {
				t.Errorf("%v, %d tiles: %d rows of %d pixels", shape, tiles, n, pixels(n))
			}
		}
	}
	if n := New([]int{3, 256, 256}, 100_000, 0).fits("t", 100_000); n != 0 {
		t.Errorf("%d rows of 100,000 tiles fit", n)
	}
}

func TestClipped(t *testing.T) {
	for _, text := range []string{"", "cat", "a class with a very long name indeed, which goes on", strings.Repeat("w", 1<<16), strings.Repeat("\u0301", 400), "猫\n\x1b[31m"} {
		got := small.clipped(text, 100)
		if small.width(got) > 100 || len(text) < 5 && got != text || strings.HasPrefix(text, "a class") && !(strings.HasPrefix(got, "a clas") && strings.HasSuffix(got, "es on")) {
			t.Errorf("%.60q became %q, %d pixels wide", text, got, small.width(got))
		}
		m := image.NewRGBA(image.Rect(0, 0, 100, 20))
		small.draw(m, 0, 14, got, ink)
	}
}

// A sheet has a row for each class, or, where samples vary, for each sample, and says which classes are left out or without a name;
// those that are named must have room.
func TestContacts(t *testing.T) {
	src := noise(t, 4000, 200, 1, 8, 8)
	c := Contacts{Title: "t", Source: src, Plain: augment.Pipeline{}}
	d, err := c.Draw(t.Context())
	if err != nil || d.Rows != mostClasses || d.Left != 100 || d.Image.Bounds().Empty() {
		t.Errorf("%d rows, %d left, %v", d.Rows, d.Left, err)
	}
	c.Classes, c.Samples, c.Varied = []int{3, 7}, 2, augment.Pipeline{Flip: true}
	if d, err = c.Draw(t.Context()); err != nil || d.Rows != 4 || d.Left != 0 {
		t.Errorf("%d rows, %d left, %v", d.Rows, d.Left, err)
	}
	c = Contacts{Title: "t", Source: noise(t, 20_000, 2, 1, 8, 8), Classes: []int{0, 1}, Samples: 10_000, Plain: augment.Pipeline{}}
	if _, err := c.Draw(t.Context()); err == nil || !strings.Contains(err.Error(), "too much for a sheet: 2 classes with 10,000 pictures each") {
		t.Error(err)
	}
}
