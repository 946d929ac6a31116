package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
)

// dataExport is `lgl data export`.
func (a *app) dataExport() *cobra.Command {
	out, only, samples := "", "", 0
	cmd := &cobra.Command{
		Use:   "export NAME|PATH --out DIR",
		Short: "Write the images of a data set as PNG files, in a folder for each class",
		Long: `Write the images of a data set as PNG files, DIR/train/CLASS/N.png and
DIR/test/CLASS/N.png, N the image's number in the data. --data DIR takes them back.`,
		Example: "  lgl data export fashion-mnist --samples 500 --out pictures\n  lgl data export fashion-mnist --only-classes Sneaker,Bag --out two",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if samples < 0 {
				return failure.Usage(fmt.Errorf("--samples %d: want at least 0", samples))
			}
			if out == "" {
				return failure.Usage(errors.New("--out DIR is missing: want a new directory"))
			}
			if _, err := os.Lstat(out); err == nil {
				return fmt.Errorf("--out %s: is there already; want a new directory", out)
			}
			if err := dirFits(out); err != nil {
				return err
			}
			return a.exportPictures(cmd.Context(), args[0], out, only, samples)
		},
		ValidArgsFunction: dataNames,
	}
	cmd.Flags().StringVar(&out, "out", "", "new `directory` for the pictures")
	cmd.Flags().StringVar(&only, "only-classes", "", "these classes alone, `indices or names` with commas between")
	cmd.Flags().IntVar(&samples, "samples", 0, "`n` of each part, a stratified subset; 0: all")
	a.jsonFlag(cmd)
	return cmd
}

// exportPictures writes a data set to out, which appears when it is whole.
func (a *app) exportPictures(ctx context.Context, name, out, only string, samples int) error {
	set, err := catalog.Open(name, catalog.Options{Seed: 1, Say: a.say})
	if err != nil {
		return err
	}
	if set, err = onlyOf(set, only); err != nil {
		return failure.Usage(fmt.Errorf("--only-classes: %w", err))
	}
	train, ok := set.Train.(data.Pixels)
	test, also := set.Test.(data.Pixels)
	if !ok || !also || len(train.Shape()) != 3 || train.Shape()[0] != 1 && train.Shape()[0] != 3 {
		return failure.Usage(fmt.Errorf("%s: has samples of shape %s in files of their own or none, which cannot be written as pictures", name, data.ShapeText(set.Train.Shape())))
	}
	if k := len(train.Classes()); samples > 0 && samples < k {
		return failure.Usage(fmt.Errorf("--samples %d: %s has %d classes; want at least one picture of each", samples, name, k))
	}
	trained, tested, err := folder.Write(ctx, out, train, test, samples)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return a.result(map[string]any{"data": set.Name, "out": out, "train": trained, "test": tested}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s training and %s test pictures to %s\n", count(trained), count(tested), out)
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
