package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/sheet"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
)

// browseFlags are what a contact sheet is to show.
type browseFlags struct {
	config  config.Config // its data, augment, image-size and seed
	part    string        // train or test
	classes string        // indices or names with commas between; "": all
	samples int           // pictures of each class; 0: as sheet.Contacts has it
	out     string
}

// dataBrowse is `lgl data browse`.
func (a *app) dataBrowse() *cobra.Command {
	b := browseFlags{config: config.Default()}
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
	f.IntVar(&b.samples, "samples", 0, fmt.Sprintf("`n` pictures of each class; 0: %d, or 1 with --augment", sheet.UsualSamples))
	addLabels(cmd, &b.config.Labels)
	addFlag(cmd, "augment", &b.config.Augment)
	addFlagAs(cmd, "image-size", &b.config.ImageSize, "bring pictures in folders to `n` x n pixels; 0: 64")
	addFlagAs(cmd, "seed", &b.config.Seed, "seed of which pictures are drawn, and how they vary")
	f.StringVar(&b.out, "out", "", "PNG `file` to write; one that is there is replaced (default DATA-PART.png, here)")
	a.jsonFlag(cmd)
	return cmd
}

// check reports flags with values that they cannot have.
func (b browseFlags) check() error {
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
func (a *app) browse(ctx context.Context, b browseFlags) error {
	if err := b.check(); err != nil {
		return failure.Usage(err)
	}
	if err := b.fits(); err != nil {
		return err
	}
	t := task.Task{Config: b.config}
	var err error
	if t.Set, err = a.sets.Open(ctx, b.config); err != nil {
		return err
	}
	if err := browsable(&t); err != nil {
		return failure.Usage(err)
	}
	if b.out == "" {
		b.out = t.Set.Name + "-" + b.part + ".png"
		if err := b.fits(); err != nil {
			return err
		}
	}
	if err := outsideData(b.out, t.Set.Where); err != nil {
		return failure.Usage(err)
	}
	return a.drawSheet(ctx, t, b)
}

// drawSheet draws the data of t, writes the sheet, and tells what was drawn.
func (a *app) drawSheet(ctx context.Context, t task.Task, b browseFlags) error {
	c, err := contacts(t, b)
	if err != nil {
		return failure.Usage(err)
	}
	d, err := c.Draw(ctx)
	if err != nil {
		return err
	}
	if err := sheet.WriteFile(b.out, d.Image); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return a.browsed(b, c, d)
}

// fits reports an --out at which the sheet cannot be written, or should not be.
func (b browseFlags) fits() error {
	if b.out == "" {
		return nil
	}
	if err := run.OutsideRuns(b.out, filepath.Dir(b.out)); err != nil {
		return failure.Usage(err)
	}
	return fileFits(b.out)
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

// contacts are what a sheet of the data of t shows.
func contacts(t task.Task, b browseFlags) (c sheet.Contacts, err error) {
	part := "training pictures"
	c = sheet.Contacts{Source: t.Set.Train, Samples: b.samples, Plain: t.Plain.Unnormalised(), Seed: b.config.Seed}
	if b.part == "test" {
		c.Source, part = t.Set.Test, "test pictures"
	}
	if b.classes != "" {
		if c.Classes, err = config.ParseClasses(b.classes, c.Source.Classes()); err != nil {
			return c, fmt.Errorf("--classes: %w", err)
		}
	}
	size, err := t.Plain.Shape(c.Source.Shape())
	seen := "as evaluation sees them"
	if t.Config.Augment != "none" {
		c.Varied, seen = t.Augment.Unnormalised(), "left as evaluation sees them, then "+t.Config.Augment
	}
	c.Title = fmt.Sprintf("%s, %s: %s, %s", sheet.Written(t.Set.Name, "data"), part, data.ShapeText(size), seen)
	return c, err
}

// browsed tells what was drawn.
func (a *app) browsed(b browseFlags, c sheet.Contacts, d sheet.Drawn) error {
	size := d.Image.Bounds().Size()
	if d.Left > 0 {
		a.say(fmt.Sprintf("left out: %s of %s; --classes names those to draw", count(d.Left), plural.Count(len(c.Source.Classes()), "class")))
	}
	if len(d.Numbered) > 0 {
		a.say("the font lacks characters of these names of classes, so their numbers stand in the sheet: " + plural.List(d.Numbered, mostListed))
	}
	result := map[string]any{"data": b.config.Data, "part": b.part, "out": b.out, "rows": d.Rows, "left_out": d.Left, "width": size.X, "height": size.Y}
	return a.result(result, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s, %dx%d: %s\n", b.out, size.X, size.Y, c.Title)
		return err
	})
}
