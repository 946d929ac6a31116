package task

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/nn/zoo"
)

// Decoder names what decodes JPEG, for data of pictures in folders; "" for others.
func (t Task) Decoder() string {
	if !t.Set.IsPictures() {
		return ""
	}
	return picture.JPEGDecoder()
}

// imageSize is the height and width to which pictures in folders are brought: what --image-size
// says, else what the network was made for.
func imageSize(c config.Config) int {
	const imageNet = 224
	switch {
	case c.ImageSize > 0:
		return c.ImageSize
	case strings.HasPrefix(c.Model, "resnet"):
		return imageNet
	}
	return max(folder.DefaultSize, zoo.MinSize(c.Model))
}

// mostMeasured is on how many pictures in folders the normalisation rests: of so many the mean is known
// to half a hundredth, and all of a large folder would take as long to decode as an epoch.
const mostMeasured = 2000

// measured returns the samples on which mean and deviation rest: all, or of many pictures in folders
// some, evenly spaced, so of every class its share.
func measured(src data.Source) data.Source {
	n := src.Len()
	if _, ok := src.(data.Pictures); !ok || n <= mostMeasured {
		return src
	}
	return data.Subset(src, data.Spread(mostMeasured, n))
}

// Outside refuses a run directory within the folders of t's pictures, where the next reading would take it for a class.
func (t Task) Outside(dir string) error {
	if !t.Set.IsPictures() {
		return nil
	}
	for _, data := range t.Config.Sets() {
		rel, in, err := Below(data, dir)
		if err != nil {
			return err
		}
		part, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		_, whole := os.Stat(filepath.Join(data, "train")) // an error where all folders are classes
		apart := whole == nil && part != "train" && part != "val" && part != "test"
		if in && !apart {
			return failure.Usage(fmt.Errorf("the run directory %s lies within its pictures, in %s, where it would be taken for a class; give one elsewhere by --out", dir, data))
		}
	}
	return nil
}

// Below returns path as seen from the folder dir, links followed, and whether it is dir or lies in it. Neither need be there.
func Below(dir, path string) (rel string, in bool, err error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", false, err
	}
	home, err := filepath.Abs(dir)
	if err != nil {
		return "", false, err
	}
	rel, err = filepath.Rel(resolved(home), resolved(full))
	return rel, err == nil && filepath.IsLocal(rel), err
}

// resolved follows the links in an absolute path, as far as it is there.
func resolved(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err == nil || path == filepath.Dir(path) {
		return cmp.Or(real, path)
	}
	return filepath.Join(resolved(filepath.Dir(path)), filepath.Base(path))
}
