package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/run"
)

// dataExportFlags are the data and the flags of `lgl data export`.
type dataExportFlags struct {
	data, out, only string
	samples         int
}

// dataExport is `lgl data export`.
func (a *app) dataExport() *cobra.Command {
	var f dataExportFlags
	cmd := &cobra.Command{
		Use:   "export NAME|PATH --out DIR",
		Short: "Write the images of a data set as PNG files, in a folder for each class",
		Long: `Write the images of a data set as PNG files, DIR/train/CLASS/N.png and
DIR/test/CLASS/N.png, N the image's number in the data. --data DIR takes them back.`,
		Example: "  lgl data export fashion-mnist --samples 500 --out pictures\n  lgl data export fashion-mnist --only-classes Sneaker,Bag --out two",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.data = args[0]
			return a.exportPictures(cmd.Context(), f)
		},
		ValidArgsFunction: dataNames,
	}
	cmd.Flags().StringVar(&f.out, "out", "", "new `directory` for the pictures")
	cmd.Flags().StringVar(&f.only, "only-classes", "", "these classes alone, `indices or names` with commas between")
	cmd.Flags().IntVar(&f.samples, "samples", 0, "`n` of each part, a stratified subset; 0: all")
	a.jsonFlag(cmd)
	return cmd
}

// check reports flags with values that they cannot have, and an --out that cannot be made.
func (f dataExportFlags) check() error {
	if f.samples < 0 {
		return failure.Usage(fmt.Errorf("--samples %d: want at least 0", f.samples))
	}
	if f.out == "" {
		return failure.Usage(errors.New("--out DIR is missing: want a new directory"))
	}
	if _, err := os.Lstat(f.out); err == nil {
		return fmt.Errorf("--out %s: is there already; want a new directory", f.out)
	}
	if err := run.OutsideRuns(f.out, filepath.Dir(f.out)); err != nil {
		return err
	}
	return dirFits(f.out)
}

// exportPictures writes a data set to --out, which appears when it is whole.
func (a *app) exportPictures(ctx context.Context, f dataExportFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	set, err := catalog.Open(ctx, f.data, catalog.Options{Seed: 1, Say: a.say})
	if err != nil {
		return err
	}
	if set, err = onlyOf(set, f.only); err != nil {
		return failure.Usage(fmt.Errorf("--only-classes: %w", err))
	}
	if set.IsPictures() {
		return failure.Usage(fmt.Errorf("%s: is a folder of pictures already; copy it, or train on a part of it (lgl train --only-classes, --train-samples)", f.data))
	}
	train, ok := set.Train.(data.Pixels)
	test, also := set.Test.(data.Pixels)
	if !ok || !also || len(train.Shape()) != 3 || train.Shape()[0] != 1 && train.Shape()[0] != 3 {
		return failure.Usage(fmt.Errorf("%s: has samples of shape %s, which cannot be written as pictures", f.data, data.ShapeText(set.Train.Shape())))
	}
	if k := len(train.Classes()); f.samples > 0 && f.samples < k {
		return failure.Usage(fmt.Errorf("--samples %d: %s has %d classes; want at least one picture of each", f.samples, f.data, k))
	}
	trained, tested, err := folder.Write(ctx, f.out, train, test, f.samples)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return a.result(map[string]any{"data": set.Name, "out": f.out, "train": trained, "test": tested}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s training and %s test pictures to %s\n", count(trained), count(tested), f.out)
		return err
	})
}

// onlyOf returns the samples of some classes of set, which are all that it has then; "" are all.
func onlyOf(set catalog.Set, only string) (catalog.Set, error) {
	if only == "" {
		return set, nil
	}
	chosen, err := config.ParseClasses(only, set.Train.Classes())
	if err != nil {
		return set, err
	}
	names := data.Names(set.Train, chosen)
	if set.Train, err = data.Join(names, set.Train); err == nil {
		set.Test, err = data.Join(names, set.Test)
	}
	return set, err
}
