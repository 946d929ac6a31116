package glyphs

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// TestPartsShareNoFont by the families that the font files themselves name.
func TestPartsShareNoFont(t *testing.T) {
	family := func(face typeface) string {
		f, err := opentype.Parse(face.file)
		if err != nil {
			t.Fatal(face.family, face.style, err)
		}
		name, err := f.Name(nil, sfnt.NameIDFamily)
		if err != nil || !bytes.HasPrefix([]byte(name), []byte(face.family)) {
			t.Errorf("%s %s calls itself %q, %v", face.family, face.style, name, err)
		}
		return face.family
	}
	seen := map[string]bool{}
	for _, face := range typefaces[train] {
		seen[family(face)] = true
	}
	for _, face := range typefaces[test] {
		if seen[family(face)] {
			t.Errorf("test font %s %s is of a training family", face.family, face.style)
		}
	}
}

// every calls visit with each part's typefaces and their outlines.
func every(t *testing.T, visit func(face typeface, outlines []outline)) {
	t.Helper()
	for _, faces := range typefaces {
		all, err := load(faces)
		if err != nil {
			t.Fatal(err)
		}
		for i, face := range faces {
			visit(face, all[i])
		}
	}
}

// clean draws an outline as large as it fits, in the middle: what it looks like, whatever its size.
func clean(o outline) []int {
	lo, hi := o.bounds()
	extent := max(hi.x-lo.x, hi.y-lo.y)
	middle := func(v, lo, hi int64) int64 { return side*one/2 + (2*v-lo-hi)*(side*one)/extent/2 }
	mask := make([]int, side*side)
	new(filler).fill(mask, o.each(func(p point) point { return point{middle(p.x, lo.x, hi.x), middle(p.y, lo.y, hi.y)} }))
	return mask
}

// difference returns that of two clean drawings over their sum: 0 for one shape, 1 where no pixel is
// in both.
func difference(a, b []int) float64 {
	apart, sum := 0.0, 0.0
	for k := range a {
		apart += math.Abs(float64(a[k] - b[k]))
		sum += float64(a[k] + b[k])
	}
	return apart / sum
}

// least is the difference that two classes have at least. The nearest are A and Lambda, and O and
// Theta, in bold fonts; the Latin, Greek and Cyrillic A, one shape, have at most a tenth of it.
const least = 0.03

// TestShapesDiffer: in every font, no two classes look the same when their size is taken away.
func TestShapesDiffer(t *testing.T) {
	every(t, func(face typeface, outlines []outline) {
		masks := make([][]int, len(outlines))
		for i, o := range outlines {
			masks[i] = clean(o)
		}
		for i, a := range masks {
			for j, b := range masks[:i] {
				if d := difference(a, b); d < least {
					t.Errorf("%s %s: %s and %s differ by %.3f", face.family, face.style, classes[j].name, classes[i].name, d)
				}
			}
		}
	})
}

// TestOneShape: the measure knows a letter that three scripts share.
func TestOneShape(t *testing.T) {
	for _, face := range typefaces[train] {
		f, err := opentype.Parse(face.file)
		if err != nil {
			t.Fatal(err)
		}
		var masks [][]int
		for _, char := range "A\u0391\u0410" {
			o, err := glyph(f, nil, char)
			if err != nil {
				t.Fatal(err)
			}
			masks = append(masks, clean(o))
		}
		if d := max(difference(masks[0], masks[1]), difference(masks[0], masks[2])); d > least/10 {
			t.Errorf("%s %s: A, Alpha and the Cyrillic A differ by %.3f", face.family, face.style, d)
		}
	}
}

// box is a rectangle, in pixels, clockwise on the screen.
func box(x0, y0, x1, y1 float64) []point {
	at := func(x, y float64) point { return point{int64(x * one), int64(y * one)} }
	return []point{at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1)}
}

// TestFillBoxes: what boxes cover is known.
func TestFillBoxes(t *testing.T) {
	inner := box(3, 3, 5, 5)
	hole := box(3, 3, 5, 5)
	slices.Reverse(hole)
	for name, c := range map[string]struct {
		o    outline
		area float64
	}{
		"whole":          {outline{box(0, 0, 32, 32)}, 1024},
		"parts":          {outline{box(1.25, 2.5, 7.75, 4.25)}, 6.5 * 1.75},
		"hole":           {outline{box(2, 2, 6, 6), hole}, 12},
		"twice":          {outline{box(2, 2, 6, 6), inner}, 16},
		"partly outside": {outline{box(-3, -2, 2, 40)}, 64},
		"outside":        {outline{box(-9, 3, -2, 8), box(40, 3, 50, 8), box(3, 40, 8, 50)}, 0},
		"triangle":       {outline{{{0, 0}, {32 * one, 0}, {0, 32 * one}}}, 512},
	} {
		mask := make([]int, side*side)
		new(filler).fill(mask, c.o)
		sum := 0
		for _, m := range mask {
			sum += m
		}
		if got := float64(sum) / 255; math.Abs(got-c.area) > 0.1 {
			t.Errorf("%s covers %.3f pixels; want %.3f", name, got, c.area)
		}
	}
}

// TestFill compares with golang.org/x/image/vector, on the font's own curves, drawn 8 times as large:
// at the size itself, that makes a curve of very few lines.
func TestFill(t *testing.T) {
	const ppem = 28
	for _, face := range typefaces[test] {
		f, err := opentype.Parse(face.file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range classes {
			o, err := glyph(f, nil, c.char)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int, side*side)
			new(filler).fill(got, o.each(func(p point) point { return point{2*one + p.x*ppem*one/em, 24*one + p.y*ppem*one/em} }))
			want := rasterize(t, f, c.char, ppem)
			worst, sum := 0.0, 0.0
			for i := range got {
				d := math.Abs(float64(got[i]) - float64(want[i]))
				worst, sum = max(worst, d), sum+d
			}
			// 8 scan lines a pixel miss up to 1/16 of it at each edge that is level
			if worst > 24 || sum/float64(len(got)) > 1 {
				t.Errorf("%s %s: %s differs from x/image's by up to %.0f, %.2f in the mean", face.family, face.style, c.name, worst, sum/float64(len(got)))
			}
		}
	}
}

// rasterize draws a character with x/image, its origin at (2, 24).
func rasterize(t *testing.T, f *sfnt.Font, char rune, ppem int) []int {
	const zoom = 8
	index, err := f.GlyphIndex(nil, char)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := f.LoadGlyph(new(sfnt.Buffer), index, fixed.I(zoom*ppem), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := vector.NewRasterizer(zoom*side, zoom*side)
	at := func(p fixed.Point26_6) (x, y float32) { return zoom*2 + float32(p.X)/64, zoom*24 + float32(p.Y)/64 }
	for _, s := range segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			r.ClosePath()
			r.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			r.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			r.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			r.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	r.ClosePath()
	large := image.NewAlpha(image.Rect(0, 0, zoom*side, zoom*side))
	r.Draw(large, large.Bounds(), image.Opaque, image.Point{})
	mask := make([]int, side*side)
	for i, v := range large.Pix {
		mask[i/large.Stride/zoom*side+i%large.Stride/zoom] += int(v)
	}
	for i := range mask {
		mask[i] /= zoom * zoom
	}
	return mask
}

// TestPlace: whatever the jitter, a glyph is inside the image and can be seen.
func TestPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var f filler
	mask := make([]int, side*side)
	every(t, func(face typeface, outlines []outline) {
		for k, o := range outlines {
			for range 5 {
				p := place(o, jitter(r), r)
				lo, hi := p.bounds()
				if min(lo.x, lo.y) < edge*one || max(hi.x, hi.y) > (side-edge)*one {
					t.Errorf("%s %s: %s from %v to %v is not inside", face.family, face.style, classes[k].name, lo, hi)
				}
				f.fill(mask, p)
				ink := 0
				for _, m := range mask {
					ink += m
				}
				if ink < 8*255 {
					t.Errorf("%s %s: %s covers %d of 255ths of a pixel", face.family, face.style, classes[k].name, ink)
				}
			}
		}
	})
}

// TestRotation compares with sine and cosine.
func TestRotation(t *testing.T) {
	for turn := int64(-turnMost); turn <= turnMost; turn += 97 {
		cos, sin := rotation(turn)
		angle := 2 * math.Atan(float64(turn)/2/unit)
		if math.Abs(float64(cos)/unit-math.Cos(angle)) > 1e-4 || math.Abs(float64(sin)/unit-math.Sin(angle)) > 1e-4 {
			t.Fatalf("turn %d: %d, %d", turn, cos, sin)
		}
		if math.Abs(angle-float64(turn)/unit) > 0.005 {
			t.Fatalf("turn %d is an angle of %f", turn, angle)
		}
	}
}

// TestBezier compares with the curve's polynomials.
func TestBezier(t *testing.T) {
	a, b, c, d := point{0, 0}, point{512, 1024}, point{2048, -512}, point{4096, 4096}
	for i := range int64(sides + 1) {
		u := float64(i) / sides
		quad := (1-u)*(1-u)*float64(a.y) + 2*u*(1-u)*float64(b.y) + u*u*float64(c.y)
		cube := math.Pow(1-u, 3)*float64(a.y) + 3*u*(1-u)*(1-u)*float64(b.y) + 3*u*u*(1-u)*float64(c.y) + u*u*u*float64(d.y)
		if got := bezier(i, a, []point{b, c}); math.Abs(float64(got.y)-quad) > 1 {
			t.Errorf("quadratic at %d/8: %v; want %f", i, got, quad)
		}
		if got := bezier(i, a, []point{b, c, d}); math.Abs(float64(got.y)-cube) > 1 {
			t.Errorf("cubic at %d/8: %v; want %f", i, got, cube)
		}
	}
}

// TestBetween reaches both ends, and nothing beyond.
func TestBetween(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := map[int]int{}
	for range 7000 {
		count[between(r, -3, 3)]++
	}
	for v, n := range count {
		if v < -3 || v > 3 || n < 850 || n > 1150 { // 1000 +- 5 deviations of 29
			t.Errorf("%d came %d times of 7000", v, n)
		}
	}
	if len(count) != 7 {
		t.Errorf("values %v", count)
	}
}
