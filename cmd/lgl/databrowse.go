package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/sheet"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
)

// browsing is what a contact sheet is to show.
type browsing struct {
	config  config.Config // its data, augment, image-size and seed
	part    string        // train or test
	classes string        // indices or names with commas between; "": all
	samples int           // pictures of each class; 0: browsed, or 1 where they vary
	out     string
}

// On a sheet a class has so many pictures, and a picture that varies is drawn so often.
const (
	browsed = 10
	draws   = 9
)

// mostBrowsed is how many classes a sheet has where none are named.
const mostBrowsed = 100

// dataBrowse is `lgl data browse`.
func (a *app) dataBrowse() *cobra.Command {
	b := browsing{config: config.Default()}
	b.config.Augment = "none"
	cmd := &cobra.Command{
		Use:   "browse NAME|PATH",
		Short: "Draw a contact sheet of samples, as the network sees them",
		Long: `Draw a contact sheet: pictures of each class, chosen at random by --seed, in the size
and the colours in which the network gets them, as a PNG file.

With --augment each row is one picture: as evaluation sees it, then nine times as
training does. auto is what lgl train takes for these data.`,
		Example: `  lgl data browse ./my-images
  lgl data browse ./my-images --augment auto --classes cat,dog --samples 3
  lgl data browse ./my-images --part test --image-size 224 --out test.png
  lgl data browse ./my-images --labels labels.csv
  lgl data browse fashion-mnist --samples 16`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			b.config.Data = args[0]
			if err := isThere("--labels", b.config.Labels); err != nil {
				return err
			}
			return a.browse(cmd.Context(), b)
		},
		ValidArgsFunction: dataNames,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&b.part, "part", "train", "samples to draw: `train|test`")
	f.StringVar(&b.classes, "classes", "", "draw these classes alone, `indices or names` with commas between")
	f.IntVar(&b.samples, "samples", 0, fmt.Sprintf("`n` pictures of each class; 0: %d, or 1 with --augment", browsed))
	addLabels(cmd, &b.config.Labels)
	addFlag(cmd, "augment", &b.config.Augment)
	addFlagAs(cmd, "image-size", &b.config.ImageSize, "bring pictures in folders to `n` x n pixels; 0: 64")
	addFlagAs(cmd, "seed", &b.config.Seed, "seed of which pictures are drawn, and how they vary")
	f.StringVar(&b.out, "out", "", "PNG `file` to write; one that is there is replaced (default DATA-PART.png, here)")
	a.jsonFlag(cmd)
	return cmd
}

// check reports flags with values that they cannot have.
func (b browsing) check() error {
	switch {
	case b.part != "train" && b.part != "test":
		return fmt.Errorf("--part %q: want train or test", b.part)
	case b.samples < 0:
		return fmt.Errorf("--samples %d: want at least 0", b.samples)
	case b.out != "" && !strings.EqualFold(filepath.Ext(b.out), ".png"):
		return fmt.Errorf("--out %s: is a PNG file, so its name ends in .png", b.out)
	}
	return b.config.Check()
}

// browse draws and writes a sheet.
func (a *app) browse(ctx context.Context, b browsing) error {
	if err := b.check(); err != nil {
		return failure.Usage(err)
	}
	t := task.Task{Config: b.config}
	var err error
	if t.Set, err = a.sets.Open(b.config); err != nil {
		return err
	}
	if err := browsable(&t); err != nil {
		return failure.Usage(err)
	}
	if b.out == "" {
		b.out = t.Set.Name + "-" + b.part + ".png"
	}
	if err := errors.Join(run.OutsideRuns(b.out, filepath.Dir(b.out)), outsideData(b.out, t.Set.Where)); err != nil {
		return failure.Usage(err)
	}
	c, err := contactsOf(t, b)
	if err != nil {
		return failure.Usage(err)
	}
	m, err := c.draw(ctx)
	if err != nil {
		return err
	}
	if err := sheet.WriteFile(b.out, m); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return a.browsed(b, c, m)
}

// browsable sets how the samples are seen, and reports those that are no pictures.
func browsable(t *task.Task) error {
	if in := t.Set.Train.Shape(); !sheet.Drawable(in) {
		return fmt.Errorf("%s: its samples are of shape %s, no pictures; lgl data info describes it, and lgl paper toy draws points", t.Config.Data, data.ShapeText(in))
	}
	if t.Config.ImageSize > 0 && !t.Set.IsPictures() {
		return fmt.Errorf("--image-size %d: %s is no folder of pictures; its samples are of shape %s", t.Config.ImageSize, t.Config.Data, data.ShapeText(t.Set.Train.Shape()))
	}
	return t.Transforms()
}

// outsideData refuses a file among those of the data, of which it would be taken for one.
func outsideData(out, data string) error {
	if data == "" {
		return nil
	}
	if _, in, err := task.Below(data, filepath.Dir(out)); err != nil || !in {
		return err
	}
	return fmt.Errorf("--out %s: is in %s, whose files are the data; choose another place", out, data)
}

// contacts is a sheet before its samples are read.
type contacts struct {
	src     data.Source
	plain   augment.Pipeline
	augment *augment.Pipeline // how pictures vary; nil: they do not
	seed    uint64
	title   string
	layout  sheet.Sheet
	rows    []contact
	left    int // classes that are not on it
	// numbered are the classes, with their numbers, of whose names the font lacks characters: these rows have the numbers.
	numbered []string
}

// contact is a row of a sheet.
type contact struct {
	name, note string
	samples    []int
}

// contactsOf chooses what a sheet of the data of t shows.
func contactsOf(t task.Task, b browsing) (c contacts, err error) {
	c = contacts{src: t.Set.Train, plain: t.Plain.Unnormalised(), seed: b.config.Seed}
	if b.part == "test" {
		c.src = t.Set.Test
	}
	if err := data.CheckLabels(c.src); err != nil {
		return c, err
	}
	size, err := t.Plain.Shape(c.src.Shape())
	if err != nil {
		return c, err
	}
	seen := "as evaluation sees them"
	most := max(1, slices.Max(data.PerClass(c.src)))
	samples := min(cmp.Or(b.samples, browsed), most)
	tiles, lead := samples, 0
	if t.Config.Augment != "none" {
		vary := t.Augment.Unnormalised()
		c.augment, seen = &vary, "left as evaluation sees them, then "+t.Config.Augment
		samples, tiles, lead = min(max(b.samples, 1), most), 1+draws, 1
	}
	c.title = fmt.Sprintf("%s, %s: %s, %s", written(t.Set.Name, "data"), map[string]string{"train": "training pictures", "test": "test pictures"}[b.part], data.ShapeText(size), seen)
	c.layout = sheet.New(size, tiles, lead)
	return c, c.choose(b, samples, tiles)
}

// choose sets the rows: of each class samples pictures, in one row, or, where they vary, a row each.
func (c *contacts) choose(b browsing, samples, tiles int) error {
	names := c.src.Classes()
	classes, err := config.ParseClasses(b.classes, names)
	if b.classes == "" {
		classes, err = task.FirstClasses(len(names)), nil
	}
	if err != nil {
		return fmt.Errorf("--classes: %w", err)
	}
	each := 1 // rows
	if c.augment != nil {
		each = samples
	}
	room := c.layout.Fits(c.title, tiles) / each
	switch {
	case room == 0 || b.classes != "" && room < len(classes):
		return fmt.Errorf("too much for a sheet: %s with %s each; want fewer --samples or --classes", plural.Count(len(classes), "class"), plural.Count(samples, "picture"))
	case b.classes == "":
		keep := min(room, mostBrowsed, len(classes))
		c.left, classes = len(classes)-keep, classes[:keep]
	}
	c.addRows(classes, samples)
	return nil
}

// addRows adds those of the classes, with at most so many samples of each.
func (c *contacts) addRows(classes []int, samples int) {
	names := c.src.Classes()
	members := make([][]int, len(names))
	for i := range c.src.Len() {
		k := c.src.Label(i)
		members[k] = append(members[k], i)
	}
	for _, k := range classes {
		own, name := members[k], written(names[k], fmt.Sprintf("class %d", k))
		if name != names[k] {
			c.numbered = append(c.numbered, fmt.Sprintf("%d %s", k, names[k]))
		}
		data.Shuffle(own, seed.Stream(c.seed, "browse", uint64(k)))
		own = own[:min(samples, len(own))]
		if c.augment == nil || len(own) == 0 {
			c.rows = append(c.rows, contact{name, fmt.Sprintf("%d of %s", len(own), count(len(members[k]))), own})
			continue
		}
		for _, i := range own {
			c.rows = append(c.rows, contact{name, c.called(i), []int{i}})
		}
	}
}

// called names a sample: by its file, or its number.
func (c *contacts) called(i int) string {
	number := fmt.Sprintf("sample %d", i)
	if p, ok := c.src.(data.Pictures); ok {
		return written(filepath.Base(p.Path(i)), number)
	}
	return number
}

// written is a name, or another where the font of a sheet lacks characters of it.
func written(name, other string) string {
	if sheet.Writes(name) {
		return name
	}
	return other
}

// draw reads the samples and draws the sheet.
func (c *contacts) draw(ctx context.Context) (image.Image, error) {
	var rows []sheet.Row
	for n, r := range c.rows {
		tiles, err := sheet.Tiles(ctx, c.src, c.plain, r.samples, 0)
		if err == nil && c.augment != nil && len(r.samples) == 1 {
			var varied []image.Image
			varied, err = sheet.Tiles(ctx, c.src, *c.augment, slices.Repeat(r.samples, draws), seed.Derive(c.seed, "browse", uint64(n)))
			tiles = append(tiles, varied...)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, sheet.Row{Name: r.name, Note: r.note, Tiles: tiles})
	}
	return c.layout.Draw(c.title, rows), nil
}

// browsed tells what was drawn.
func (a *app) browsed(b browsing, c contacts, m image.Image) error {
	size := m.Bounds().Size()
	if c.left > 0 {
		a.say(fmt.Sprintf("left out: %s of %s; --classes names those to draw", count(c.left), plural.Count(len(c.src.Classes()), "class")))
	}
	if len(c.numbered) > 0 {
		a.say("the font lacks characters of these names of classes, so their numbers stand in the sheet: " + plural.List(c.numbered, mostListed))
	}
	result := map[string]any{"data": b.config.Data, "part": b.part, "out": b.out, "rows": len(c.rows), "left_out": c.left, "width": size.X, "height": size.Y}
	return a.result(result, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s, %dx%d: %s\n", b.out, size.X, size.Y, c.title)
		return err
	})
}
