// Package cifar reads the binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009,
// https://www.cs.toronto.edu/~kriz/cifar.html). A file is a row of records: the label byte
// (CIFAR-100: the coarse, then the fine label), then 3072 bytes of pixels, [3 32 32].
//
//  1. Find says which data set is in a directory, as files or as the published archive;
//  2. Load reads the directory, or the .tar.gz without unpacking it, file by file;
//  3. the training files are joined in their published order and become a source.
package cifar

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/data"
)

// Kind is CIFAR10 or CIFAR100.
type Kind int

// The two data sets.
const (
	CIFAR10 Kind = iota
	CIFAR100
)

// pixels is the number of bytes of an image.
const pixels = 3 * 32 * 32

// format is what differs between the two.
type format struct {
	name        string
	dir         string   // in the published archive
	archive     string   // its name
	train, test []string // files of records
	labels      []labels // in the order of their bytes in a record
}

// labels is one kind of label.
type labels struct {
	what    string
	file    string   // that holds the class names, one a line
	classes []string // where there is no such file
}

var formats = [...]format{
	CIFAR10: {
		name: "CIFAR-10", dir: "cifar-10-batches-bin", archive: "cifar-10-binary.tar.gz",
		train:  []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
		test:   []string{"test_batch.bin"},
		labels: []labels{{"label", "batches.meta.txt", classes10}},
	},
	CIFAR100: {
		name: "CIFAR-100", dir: "cifar-100-binary", archive: "cifar-100-binary.tar.gz",
		train: []string{"train.bin"},
		test:  []string{"test.bin"},
		labels: []labels{
			{"coarse label", "coarse_label_names.txt", classes20},
			{"fine label", "fine_label_names.txt", classes100},
		},
	},
}

// record returns the bytes of a record.
func (f format) record() int { return len(f.labels) + pixels }

// Images is the training or the test part of a data set. Its labels are the fine ones, unless
// Load was told otherwise.
type Images struct {
	*data.Images
	coarse  []byte
	classes []string
}

// Coarse returns the coarse label (superclass) of image i, an index into CoarseClasses. CIFAR-10
// has none: it panics.
func (s *Images) Coarse(i int) int { return int(s.coarse[i]) }

// CoarseClasses returns the names of the 20 superclasses, or nil for CIFAR-10.
func (s *Images) CoarseClasses() []string { return s.classes }

// Find looks for a data set in dir: its files, the published directory with them, or the
// published archive. It returns the path to Load.
func Find(dir string, k Kind) (path string, ok bool) {
	f := formats[k]
	for _, test := range []struct{ file, path string }{
		{f.test[0], "."}, {filepath.Join(f.dir, f.test[0]), f.dir}, {f.archive, f.archive},
	} {
		if info, err := os.Stat(filepath.Join(dir, test.file)); err == nil && info.Mode().IsRegular() {
			return filepath.Join(dir, test.path), true
		}
	}
	return "", false
}

// Files returns the directory that holds what Load reads at path, and the names of the files.
func Files(path string) (dir string, names []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, err
	}
	if !info.IsDir() {
		return filepath.Dir(path), []string{filepath.Base(path)}, nil
	}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if _, ours := formatOf(e.Name()); ours {
			names = append(names, e.Name())
		}
	}
	return path, names, err
}

// Load reads the data set at path, a directory with its files or a .tar.gz. With coarse, the
// labels are the superclasses of CIFAR-100. Class names are those of the files that come with the
// data, or else the published ones.
func Load(path string, coarse bool) (train, test *Images, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	var c *content
	if info.IsDir() {
		c, err = readDir(path)
	} else {
		c, err = readArchive(path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if coarse && len(c.format.labels) == 1 {
		return nil, nil, fmt.Errorf("%s: %s has no coarse labels", path, c.format.name)
	}
	if train, err = c.images(c.format.train, coarse); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if test, err = c.images(c.format.test, coarse); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return train, test, nil
}

// images joins the parts read from the named files.
func (c *content) images(names []string, coarse bool) (*Images, error) {
	var all part
	all.labels = make([][]byte, len(c.format.labels))
	size := 0
	for _, name := range names {
		size += len(c.parts[name].pixels)
	}
	all.pixels = make([]byte, 0, size)
	for _, name := range names {
		all.pixels = append(all.pixels, c.parts[name].pixels...)
		for j, l := range c.parts[name].labels {
			all.labels[j] = append(all.labels[j], l...)
		}
		delete(c.parts, name) // its memory is needed no more
	}
	last := len(all.labels) - 1 // the fine labels come last
	s := &Images{}
	if last > 0 {
		s.coarse, s.classes = all.labels[0], c.classes[0]
	}
	by := last
	if coarse {
		by = 0
	}
	var err error
	s.Images, err = data.NewImages(all.pixels, all.labels[by], slices.Clone(c.classes[by]), 3, 32, 32)
	return s, err
}
