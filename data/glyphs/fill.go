package glyphs

import (
	"cmp"
	"slices"
)

const (
	side = 32  // of an image, in pixels
	one  = 256 // units of a point in a pixel
	rows = 8   // scan lines through a row of pixels
	full = rows * one
)

// filler fills polygons. It is not golang.org/x/image/vector, because that computes in float32,
// which differs between machines that fuse a multiplication with an addition and those that do
// not; this one has nothing but integers.
type filler struct {
	lines [side * rows][]crossing
	cover [side * side]int // sum over a pixel's scan lines of the units inside, 0..full
}

// crossing is where an edge crosses a scan line.
type crossing struct {
	x    int64
	turn int // +1 downwards, -1 upwards
}

// fill writes to dst, [side side], which share of each pixel the outline covers, 0..255. Its
// points are in units of 1/one pixel.
func (f *filler) fill(dst []int, o outline) {
	for i := range f.lines {
		f.lines[i] = f.lines[i][:0]
	}
	clear(f.cover[:])
	for _, polygon := range o {
		a := polygon[len(polygon)-1]
		for _, b := range polygon {
			f.edge(a, b)
			a = b
		}
	}
	for i, line := range f.lines {
		f.scan(f.cover[i/rows*side:][:side], line)
	}
	for i, c := range f.cover {
		dst[i] = (c*255 + full/2) / full
	}
}

// edge notes where the edge from a to b crosses the scan lines y = (k + 1/2) one/rows.
func (f *filler) edge(a, b point) {
	turn := 1
	if a.y > b.y {
		a, b, turn = b, a, -1
	}
	const gap = one / rows
	first := (max(a.y, 0) + gap/2 - 1) / gap // line at or below a.y
	for k := first; k < int64(len(f.lines)); k++ {
		y := k*gap + gap/2
		if y >= b.y {
			break
		}
		f.lines[k] = append(f.lines[k], crossing{a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y), turn})
	}
}

// scan adds to each pixel of a row what one scan line covers.
func (f *filler) scan(row []int, line []crossing) {
	slices.SortFunc(line, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
	winding := 0
	for i, c := range line {
		if winding != 0 {
			span(row, line[i-1].x, c.x)
		}
		winding += c.turn
	}
}

// span adds the units from x0 to x1 to the pixels that they are in.
func span(row []int, x0, x1 int64) {
	x0, x1 = max(x0, 0), min(x1, int64(len(row))*one)
	for x0 < x1 {
		end := min((x0/one+1)*one, x1)
		row[x0/one] += int(end - x0)
		x0 = end
	}
}
