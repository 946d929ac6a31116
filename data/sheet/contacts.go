package sheet

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/seed"
)

// Contacts are samples of classes, for a contact sheet. The transforms must not normalise.
type Contacts struct {
	Title   string
	Source  data.Source
	Classes []int          // to be drawn; nil: all, or the first where that is too much
	Samples int            // of each class; 0: UsualSamples, or 1 where they vary
	Plain   data.Transform // as evaluation sees a sample
	Varied  data.Transform // as training does: a row is one sample as evaluation sees it, then nine times so; nil: they do not vary
	Seed    uint64         // of which samples are drawn, and how they vary
}

// Drawn is a contact sheet.
type Drawn struct {
	Image image.Image
	Rows  int
	Left  int // classes that are not on it
	// Numbered are the classes, with their numbers, of whose names the font lacks characters: these rows have the numbers.
	Numbered []string
}

// UsualSamples is how many samples of a class are drawn where nothing is asked for.
const UsualSamples = 10

const (
	draws       = 9   // of a sample that varies
	mostClasses = 100 // where none are named
)

// contact is a row before its samples are read.
type contact struct {
	name, note string
	samples    []int
}

// Draw chooses, reads and draws the samples.
func (c Contacts) Draw(ctx context.Context) (d Drawn, err error) {
	if err := data.CheckLabels(c.Source); err != nil {
		return d, failure.Usage(err)
	}
	size, err := c.Plain.Shape(c.Source.Shape())
	if err != nil {
		return d, failure.Usage(err)
	}
	most := max(1, slices.Max(data.PerClass(c.Source)))
	samples := min(cmp.Or(c.Samples, UsualSamples), most)
	tiles, lead, each := samples, 0, 1 // a row a class
	if c.Varied != nil {
		samples = min(max(c.Samples, 1), most)
		tiles, lead, each = 1+draws, 1, samples // a row a sample
	}
	layout := New(size, tiles, lead)
	classes, err := c.fitting(layout.fits(c.Title, tiles)/each, samples)
	if err != nil {
		return d, failure.Usage(err)
	}
	if c.Classes == nil {
		d.Left = len(c.Source.Classes()) - len(classes)
	}
	var contacts []contact
	contacts, d.Numbered = c.contacts(classes, samples)
	rows, err := c.read(ctx, contacts)
	if err != nil {
		return d, err
	}
	d.Image, d.Rows = layout.Draw(c.Title, rows), len(rows)
	return d, nil
}

// fitting are the classes that are drawn, where there is room for so many.
func (c Contacts) fitting(room, samples int) ([]int, error) {
	all := len(c.Source.Classes())
	wanted := all
	if c.Classes != nil {
		wanted = len(c.Classes)
	}
	switch {
	case room == 0 || c.Classes != nil && room < wanted:
		return nil, fmt.Errorf("too much for a sheet: %s with %s each; want fewer --samples or --classes", plural.Count(wanted, "class"), plural.Count(samples, "picture"))
	case c.Classes != nil:
		return c.Classes, nil
	}
	first := make([]int, min(room, mostClasses, all))
	for k := range first {
		first[k] = k
	}
	return first, nil
}

// contacts are the rows of the classes, with at most so many samples of each, and which classes have numbers for names.
func (c Contacts) contacts(classes []int, samples int) (rows []contact, numbered []string) {
	names := c.Source.Classes()
	members := make([][]int, len(names))
	for i := range c.Source.Len() {
		k := c.Source.Label(i)
		members[k] = append(members[k], i)
	}
	for _, k := range classes {
		own, name := members[k], Written(names[k], fmt.Sprintf("class %d", k))
		if name != names[k] {
			numbered = append(numbered, fmt.Sprintf("%d %s", k, names[k]))
		}
		data.Shuffle(own, seed.Stream(c.Seed, "browse", uint64(k)))
		own = own[:min(samples, len(own))]
		if c.Varied == nil || len(own) == 0 {
			rows = append(rows, contact{name, fmt.Sprintf("%d of %s", len(own), plural.Thousands(len(members[k]))), own})
			continue
		}
		for _, i := range own {
			rows = append(rows, contact{name, c.called(i), []int{i}})
		}
	}
	return rows, numbered
}

// called names a sample: by its file, or its number.
func (c Contacts) called(i int) string {
	number := fmt.Sprintf("sample %d", i)
	if p, ok := c.Source.(data.Pictures); ok {
		return Written(filepath.Base(p.Path(i)), number)
	}
	return number
}

// Written is a name, or another where the font of a sheet lacks characters of it.
func Written(name, other string) string {
	if writes(name) {
		return name
	}
	return other
}

// read reads the samples of the rows.
func (c Contacts) read(ctx context.Context, contacts []contact) (rows []Row, err error) {
	for n, r := range contacts {
		row := Row{Name: r.name, Note: r.note}
		if row.Tiles, err = Tiles(ctx, c.Source, c.Plain, r.samples, 0); err != nil {
			return nil, err
		}
		if c.Varied != nil && len(r.samples) == 1 {
			varied, err := Tiles(ctx, c.Source, c.Varied, slices.Repeat(r.samples, draws), seed.Derive(c.Seed, "browse", uint64(n)))
			if err != nil {
				return nil, err
			}
			row.Tiles = append(row.Tiles, varied...)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
