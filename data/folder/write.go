package folder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/seed"
)

// Write writes images, [1 H W] or [3 H W], as PNG files in a folder for each class and part, from which Open has them back: of each
// part so many samples, a stratified subset, or all for 0. dir, which is not there yet, appears when it is whole.
func Write(ctx context.Context, dir string, train, test data.Pixels, samples int) (trained, tested int, err error) {
	beside := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return 0, 0, err
	}
	temp, err := os.MkdirTemp(beside, ".export-*")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if trained, err = writePart(ctx, filepath.Join(temp, "train"), train, samples); err == nil {
		tested, err = writePart(ctx, filepath.Join(temp, "test"), test, samples)
	}
	var p *os.PathError // of a folder that is not there any more when it is read
	if errors.As(err, &p) {
		p.Path = strings.Replace(p.Path, temp, dir, 1)
	}
	if err == nil {
		err = errors.Join(os.Chmod(temp, 0o755), platform.Rename(temp, dir))
	}
	return trained, tested, err
}

// writePart writes samples of one part, 0: all, and returns how many.
func writePart(ctx context.Context, dir string, src data.Pixels, samples int) (n int, err error) {
	chosen := data.All(src)
	if samples > 0 && samples < src.Len() {
		if chosen, err = data.Stratified(src, samples, seed.Stream(1, "subset")); err != nil {
			return 0, err
		}
	}
	folders := foldersFor(src.Classes())
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

// foldersFor are the folders of the classes: their names, with what no folder's name may have or begin
// with replaced, and a number where that makes two the same.
func foldersFor(classes []string) []string {
	folders, taken := make([]string, len(classes)), map[string]bool{}
	for k, class := range classes {
		name := strings.ReplaceAll(class, "/", "-")
		if name == "" || skipped(name) || strings.HasPrefix(name, "__") {
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
