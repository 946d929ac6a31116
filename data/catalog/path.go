package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/data/cifar"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/data/idx"
)

// place is where a data set is: a directory or an archive.
type place struct {
	path     string
	cifar    bool   // CIFAR's files; neither: MNIST's
	pictures bool   // a folder of them for each class, or with a file of labels
	labels   string // that file, if it was asked for
}

// openPath reads the data set at a path that exists, by what is in it.
func openPath(ctx context.Context, path string, o Options) (Set, error) {
	p, err := find(path, o.Labels)
	if err != nil {
		return Set{}, err
	}
	manifest, err := p.verify(ctx)
	if err != nil {
		return Set{}, err
	}
	s, err := p.load(ctx, o)
	if err != nil {
		return Set{}, err
	}
	s.Manifest = manifest
	return s, nil
}

// load reads the data set.
func (p place) load(ctx context.Context, o Options) (s Set, err error) {
	switch {
	case p.pictures:
		return loadFolder(ctx, p.path, o)
	case p.cifar:
		s, err = loadCIFAR(p.path, o)
	default:
		s, err = loadIDX(p.path)
	}
	if err != nil {
		err = fmt.Errorf("%w; get the files anew, or use other data", err)
	}
	return s, err
}

// ErrLabels is the error of Options.Labels for data that are no pictures in a folder.
var ErrLabels = errors.New("is no folder of pictures; its samples have their labels")

// notLabelled is ErrLabels, with what the labels were for.
func notLabelled(path, labels string) error {
	return fmt.Errorf("--labels %s: %s %w", labels, path, ErrLabels)
}

// find looks for the data set at a path that exists, by what is in it. labels, if not "", is for pictures
// in a folder alone.
func find(path, labels string) (p place, err error) {
	if p, err = look(path); err == nil && labels != "" && !p.pictures {
		err = notLabelled(path, labels)
	}
	p.labels = labels
	return p, err
}

// AbsentError is the error of a path at which nothing is.
type AbsentError struct{ Path string }

// Error says also that a path without a separator, which may have been meant for a name, is none.
func (e *AbsentError) Error() string {
	if strings.ContainsAny(e.Path, `/`+string(filepath.Separator)) {
		return fmt.Sprintf("data %q: there is no such folder or file", e.Path)
	}
	return fmt.Sprintf("data %q is neither a path nor one of %s", e.Path, strings.Join(names(), ", "))
}

// look is find, without labels.
func look(path string) (place, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		err = &AbsentError{path}
	}
	if err != nil {
		return place{}, err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return place{}, err
	}
	switch {
	case isArchive(path) && !info.IsDir():
		return place{path: full, cifar: true}, nil
	case !info.IsDir():
		full = filepath.Dir(full) // a file stands for the data set that it belongs to
	}
	_, missing := idx.Find(full)
	if missing == nil {
		return place{path: full}, nil
	}
	for _, kind := range []cifar.Kind{cifar.CIFAR10, cifar.CIFAR100} {
		if at, ok := cifar.Find(full, kind); ok {
			return place{path: at, cifar: true}, nil
		}
	}
	if info.IsDir() && len(missing) == 4 {
		if is, err := folder.Is(full); is || err != nil {
			return place{path: full, pictures: true}, err
		}
	}
	return place{}, fmt.Errorf("%s: no data set found; looked for MNIST's IDX files (without %s), for CIFAR-10 and CIFAR-100 "+
		"in the binary version (data_batch_1.bin ... or train.bin ..., or their .tar.gz), and for folders of pictures, one for each class, or with a labels.csv", path, strings.Join(missing, ", "))
}

func isArchive(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz")
}

func loadCIFAR(path string, o Options) (Set, error) {
	train, test, err := cifar.Load(path, o.Coarse)
	if err != nil {
		return Set{}, err
	}
	return Set{Name: filepath.Base(path), Train: train, Test: test, Where: path, Photos: true}, nil
}

// loadFolder opens a folder of pictures.
func loadFolder(ctx context.Context, path string, o Options) (Set, error) {
	s := Set{Name: filepath.Base(path), Where: path, Photos: true}
	if o.TestAlone {
		test, err := folder.OpenTest(ctx, path, o.Labels, o.ImageSize, o.Say)
		s.Train, s.Test = test, test
		return s, err
	}
	var err error
	s.Train, s.Test, err = both(folder.Open(ctx, path, o.Labels, o.ImageSize, o.Say))
	return s, err
}

// loadIDX reads IDX files, whose format has no class names: Fashion-MNIST is known by its labels.
func loadIDX(dir string) (Set, error) {
	train, test, err := idx.Load(dir, nil)
	if err != nil {
		return Set{}, err
	}
	if isFashion(train) {
		if train, err = train.Renamed(fashionClasses); err != nil {
			return Set{}, err
		}
		if test, err = test.Renamed(fashionClasses); err != nil {
			return Set{}, err
		}
	}
	return Set{Name: filepath.Base(dir), Train: train, Test: test, Where: dir}, nil
}
