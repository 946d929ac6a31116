package sheet

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"io"

	"golang.org/x/image/draw"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/atomicfile"
)

// Row is tiles with words beside them.
type Row struct {
	Name, Note string
	Tiles      []image.Image
}

// Sheet is how rows of tiles are laid out; New gives one.
type Sheet struct {
	w, h    int // of a tile as it is drawn
	columns int
	lead    int
}

// Tiles are drawn so large that the longer side has at least leastSide pixels, by whole factors, and
// at most mostSide.
const (
	leastSide = 64
	mostSide  = 256
)

// mostColumns is how many tiles lie side by side before the next line of a row begins.
const mostColumns = 16

// New returns the layout of rows of so many tiles, which show samples of a shape that is Drawable. The
// first lead of them stand apart.
func New(shape []int, tiles, lead int) Sheet {
	w, h := within(shape[2], shape[1], mostSide)
	n := max(1, (leastSide+max(w, h)-1)/max(w, h))
	return Sheet{w * n, h * n, min(tiles, mostColumns), lead}
}

// Measures of a sheet in pixels.
const (
	gap      = 4   // between tiles
	apart    = 12  // more after the lead
	border   = 12  // around all
	heading  = 34  // of the title
	words    = 170 // width of the words beside a row
	leastRow = 36  // height, for two lines of words
)

// mostPixels limits a sheet: more would not be looked at, and take a gigabyte.
const mostPixels = 32 << 20

var (
	paper = color.Gray{255}
	ink   = color.Gray{20}
	faint = color.Gray{110}
)

// line is the height of a line of tiles.
func (s Sheet) line() int { return max(s.h, leastRow) + gap }

// lines is how many lines a row of so many tiles takes.
func (s Sheet) lines(tiles int) int { return max(1, (tiles+s.columns-1)/s.columns) }

// width is that of the whole sheet under a title.
func (s Sheet) width(title string) int {
	tiles := words + s.columns*(s.w+gap)
	if s.lead > 0 {
		tiles += apart
	}
	return 2*border + max(tiles, large.width(title))
}

// fits returns how many rows of so many tiles a sheet can have; 0 if not even one.
func (s Sheet) fits(title string, tiles int) int {
	return (mostPixels/s.width(title) - 2*border - heading) / (s.lines(tiles) * s.line())
}

// Draw draws rows under a title.
func (s Sheet) Draw(title string, rows []Row) image.Image {
	height := 2*border + heading
	for _, r := range rows {
		height += s.lines(len(r.Tiles)) * s.line()
	}
	m := image.NewRGBA(image.Rect(0, 0, s.width(title), height))
	fill(m, paper)
	large.draw(m, border, border+16, title, ink)
	y := border + heading
	for _, r := range rows {
		small.draw(m, border, y+14, small.clipped(r.Name, words-border), ink)
		small.draw(m, border, y+30, small.clipped(r.Note, words-border), faint)
		for i, tile := range r.Tiles {
			put(m, s.place(i).Add(image.Pt(0, y)), s.w, s.h, tile)
		}
		y += s.lines(len(r.Tiles)) * s.line()
	}
	return m
}

// place is where tile i of a row lies, below the row's upper edge.
func (s Sheet) place(i int) image.Point {
	column, line := i%s.columns, i/s.columns
	x := border + words + column*(s.w+gap)
	if s.lead > 0 && column >= s.lead {
		x += apart
	}
	return image.Pt(x, line*s.line())
}

// Tiles returns the pictures of the samples of src as t, which must not normalise, makes them. What t
// draws at random derives from seed and the position among the samples.
func Tiles(ctx context.Context, src data.Source, t data.Transform, samples []int, seed uint64) (all []image.Image, err error) {
	err = tiles(ctx, src, t, samples, seed, func(_ int, tile draw.Image) { all = append(all, tile) })
	return all, err
}

// WriteFile writes a picture as a PNG file, whole or not at all.
func WriteFile(path string, m image.Image) error {
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, m) })
}
