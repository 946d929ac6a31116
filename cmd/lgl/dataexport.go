package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/seed"
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
func (a *app) exportPictures(ctx context.Context, name, out, only string, samples int) (err error) {
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
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(out)), 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), ".export-*")
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	wrote := map[string]int{}
	for part, src := range map[string]data.Pixels{"train": train, "test": test} {
		if wrote[part], err = exportPart(ctx, filepath.Join(dir, part), src, samples); err != nil {
			var p *os.PathError // of a folder that is not there any more when it is read
			if errors.As(err, &p) {
				p.Path = strings.Replace(p.Path, dir, out, 1)
			}
			return err
		}
	}
	if err := errors.Join(os.Chmod(dir, 0o755), platform.Rename(dir, out)); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return a.result(map[string]any{"data": set.Name, "out": out, "train": wrote["train"], "test": wrote["test"]}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s training and %s test pictures to %s\n", count(wrote["train"]), count(wrote["test"]), out)
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

// exportPart writes samples of one part, 0: all, and returns how many.
func exportPart(ctx context.Context, dir string, src data.Pixels, samples int) (n int, err error) {
	chosen := data.All(src)
	if samples > 0 && samples < src.Len() {
		if chosen, err = data.Stratified(src, samples, seed.Stream(1, "subset")); err != nil {
			return 0, err
		}
	}
	folders := classFolders(src.Classes())
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return 0, err
		}
	}
	for _, i := range chosen {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		path := filepath.Join(dir, folders[src.Label(i)], fmt.Sprintf("%05d.png", i))
		if err := writePNG(path, src.Pixels(i), src.Shape()); err != nil {
			return 0, err
		}
	}
	return len(chosen), nil
}

// classFolders are the folders of the classes: their names, with what no folder's name may have or begin
// with replaced, and a number where that makes two the same.
func classFolders(classes []string) []string {
	folders, taken := make([]string, len(classes)), map[string]bool{}
	for k, class := range classes {
		name := strings.ReplaceAll(class, "/", "-")
		if name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "__") { // which data/folder skips
			name = "_" + name
		}
		free := name
		for n := 2; taken[free] || free != class && slices.Contains(classes, free); n++ {
			free = fmt.Sprintf("%s-%d", name, n)
		}
		folders[k], taken[free] = free, true
	}
	return folders
}

// writePNG writes an image of bytes, [1 H W] or [3 H W].
func writePNG(path string, pixels []byte, shape []int) (err error) {
	h, w := shape[1], shape[2]
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		for c := range 3 {
			m.Pix[4*i+c] = pixels[min(c, shape[0]-1)*h*w+i]
		}
		m.Pix[4*i+3] = 255
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := bufio.NewWriter(f)
	return errors.Join(png.Encode(buffer, m), buffer.Flush())
}
