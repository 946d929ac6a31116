// Package catalog finds data sets by name or path.
//
//  1. List and Describe say what there is and where it was found;
//  2. Open reads a data set: a known name from the places below, a path by what is in it;
//  3. Fetch downloads a known data set and checks it against a pinned SHA-256;
//  4. Manifest lists the SHA-256s of a data set's files beside them, and Open holds them to it.
//
// A data set NAME is looked for in $LGL_DATA/NAME and $LGL_DATA, in the user's cache directory
// (~/.cache/lgl/data/NAME), where Fetch puts it, and where Debian's package puts it. Generated data
// need not be found; the glyphs are kept where Fetch would put them.
package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/cifar"
	"github.com/local-to-global/lgl/data/glyphs"
	"github.com/local-to-global/lgl/data/idx"
	"github.com/local-to-global/lgl/data/toy"
)

// Set is a data set, read.
type Set struct {
	Name        string
	Train, Test data.Source // of the same classes and shape
	Where       string      // directory or file, or "generated"
	Manifest    string      // the list of SHA-256s that the files were held to; "": there is none
	Seeded      bool        // drawn from Options.Seed
	Photos      bool        // photographs (CIFAR, pictures in folders): a crop or a flip leaves the class as it is
}

// IsPictures reports a set of pictures in folders.
func (s Set) IsPictures() bool {
	_, ok := s.Train.(data.Pictures)
	return ok
}

// Options are the choices of Open. The zero value is ready to use.
type Options struct {
	Seed   uint64 // of generated data
	Coarse bool   // label CIFAR-100 at a path by its 20 superclasses
	// ImageSize is the height and width to which pictures in folders are brought; 0: folder.DefaultSize.
	ImageSize int
	// Labels is a file with the classes of pictures in folders (folder.Open).
	Labels string
	// TestAlone has a folder of pictures without a test part be one, and a test part alone is taken; Set.Train is
	// Set.Test then.
	TestAlone bool
	// Say, if not nil, is called with a line that the user should see, of what is no error.
	Say func(line string)
}

// Info describes a data set.
type Info struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Classes int    `json:"classes"`
	Train   int    `json:"train"` // samples
	Test    int    `json:"test"`
	Shape   []int  `json:"shape"` // of a sample
	Bytes   int64  `json:"bytes"` // to download; 0 for generated data and paths
	Found   bool   `json:"found"`
	Where   string `json:"where"` // if found: directory or file, or "generated"
	// Names are those of the classes, in their order, which Describe has read; List gives none.
	Names []string `json:"names,omitempty"`
	// Manifest is the list of SHA-256s that Describe has held the files to, if there is one.
	Manifest string `json:"manifest,omitempty"`
}

// dataset is a known data set.
type dataset struct {
	Info
	folder string                          // under the places to look; "" for generated data
	debian string                          // Debian's package with it, in /usr/share/datasets/folder
	find   func(dir string) (string, bool) // the path to open, if it is in dir
	open   func(path string, o Options) (train, test data.Source, err error)
	files  []remote // what Fetch fetches
	cifar  bool     // in CIFAR's files, of photographs; else in MNIST's
	seeded bool     // Set.Seeded
}

// generated is Where of data that no file holds.
const generated = "generated"

// toyPerClass is the number of samples of a class in each part of the toy data.
const toyPerClass = 1000

var datasets = []dataset{
	{
		Info:   Info{Name: "fashion-mnist", About: "grey images of clothes (Xiao et al. 2017)", Classes: 10, Train: 60000, Test: 10000, Shape: []int{1, 28, 28}, Bytes: total(fashionFiles)},
		folder: "fashion-mnist", debian: "dataset-fashion-mnist", files: fashionFiles,
		find: findIDX, open: openFashion,
	},
	{
		Info:   Info{Name: "cifar10", About: "colour images of animals and vehicles (Krizhevsky 2009)", Classes: 10, Train: 50000, Test: 10000, Shape: []int{3, 32, 32}, Bytes: total(cifar10Files)},
		folder: "cifar10", files: cifar10Files,
		find: findCIFAR(cifar.CIFAR10), open: openCIFAR(false), cifar: true,
	},
	{
		Info:   Info{Name: "cifar100", About: "colour images of 100 classes (Krizhevsky 2009)", Classes: 100, Train: 50000, Test: 10000, Shape: []int{3, 32, 32}, Bytes: total(cifar100Files)},
		folder: "cifar100", files: cifar100Files,
		find: findCIFAR(cifar.CIFAR100), open: openCIFAR(false), cifar: true,
	},
	{
		Info:   Info{Name: "cifar100-coarse", About: "cifar100 labelled by its 20 superclasses", Classes: 20, Train: 50000, Test: 10000, Shape: []int{3, 32, 32}, Bytes: total(cifar100Files)},
		folder: "cifar100", files: cifar100Files,
		find: findCIFAR(cifar.CIFAR100), open: openCIFAR(true), cifar: true,
	},
	{
		Info: Info{Name: "glyphs", About: "colour images of characters; the test fonts are unseen in training", Classes: 100, Train: 50000, Test: 10000, Shape: []int{3, 32, 32}},
		open: openGlyphs(false),
	},
	{
		Info: Info{Name: "glyphs-coarse", About: "glyphs labelled by its 9 superclasses: script, case, form", Classes: 9, Train: 50000, Test: 10000, Shape: []int{3, 32, 32}},
		open: openGlyphs(true),
	},
	{
		Info: Info{Name: "toy", About: "three 2-D Gaussians, well separated", Classes: 3, Train: 3 * toyPerClass, Test: 3 * toyPerClass, Shape: []int{2}},
		open: openToy(toy.Separated), seeded: true,
	},
	{
		Info: Info{Name: "toy-overlap", About: "three 2-D Gaussians that overlap", Classes: 3, Train: 3 * toyPerClass, Test: 3 * toyPerClass, Shape: []int{2}},
		open: openToy(toy.Overlap), seeded: true,
	},
}

// List describes the known data sets, as published; it reads none of them.
func List() []Info {
	var infos []Info
	for _, d := range datasets {
		infos = append(infos, d.describe())
	}
	return infos
}

// Describe reads a known data set, or the one at a path, as Open does, and describes what it holds.
func Describe(ctx context.Context, nameOrPath string, o Options) (Info, error) {
	s, err := Open(ctx, nameOrPath, o)
	if err != nil {
		return Info{}, err
	}
	i := Info{
		Name: s.Name, About: "images from a path", Classes: len(s.Train.Classes()),
		Train: s.Train.Len(), Test: s.Test.Len(), Shape: s.Train.Shape(), Found: true, Where: s.Where,
		Names: s.Train.Classes(), Manifest: s.Manifest,
	}
	if d, ok := known(nameOrPath); ok {
		i.About, i.Bytes = d.About, d.Bytes
	}
	return i, nil
}

// Absolute returns nameOrPath with a path made absolute, so that it means the same elsewhere.
func Absolute(nameOrPath string) string {
	if _, ok := known(nameOrPath); ok {
		return nameOrPath
	}
	if _, err := os.Stat(nameOrPath); err != nil {
		return nameOrPath // Open says what is wrong
	}
	full, err := filepath.Abs(nameOrPath)
	if err != nil {
		return nameOrPath
	}
	return full
}

// Open reads a known data set (a name that List gives), or the one at a path: a directory with
// IDX files under MNIST's names, a directory with CIFAR's binary files or their .tar.gz, one of
// these files, or a directory with a folder of pictures for each class. A name goes before a path; ./NAME is always a path.
// When ctx is done it stops at the next of the files that are held to a list beside them.
func Open(ctx context.Context, nameOrPath string, o Options) (Set, error) {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if d, ok := known(nameOrPath); ok {
		if o.Labels != "" {
			return Set{}, notLabelled(nameOrPath, o.Labels)
		}
		return d.read(ctx, o)
	}
	return openPath(ctx, nameOrPath, o)
}

func known(name string) (dataset, bool) {
	i := slices.IndexFunc(datasets, func(d dataset) bool { return d.Name == name })
	if i < 0 {
		return dataset{}, false
	}
	return datasets[i], true
}

func names() []string {
	var all []string
	for _, d := range datasets {
		all = append(all, d.Name)
	}
	return all
}

// describe returns d's Info with where it was found.
func (d dataset) describe() Info {
	info := d.Info
	info.Shape = slices.Clone(info.Shape)
	if path, err := d.locate(); err == nil {
		info.Found, info.Where = true, path
	}
	return info
}

// read opens d where it is found. A name promises the published data, so their number is checked.
func (d dataset) read(ctx context.Context, o Options) (Set, error) {
	path, err := d.locate()
	if err != nil {
		return Set{}, err
	}
	manifest := ""
	if d.folder != "" {
		manifest, err = place{path: path, cifar: d.cifar}.verify(ctx)
	}
	if err != nil {
		return Set{}, fmt.Errorf("%s: %w", d.Name, err)
	}
	train, test, err := d.open(path, o)
	if err != nil && d.files != nil {
		err = fmt.Errorf("%w; lgl data fetch %s gets it anew", err, d.Name)
	}
	if err != nil {
		return Set{}, fmt.Errorf("%s: %w", d.Name, err)
	}
	if train.Len() != d.Train || test.Len() != d.Test {
		return Set{}, fmt.Errorf("%s: %s has %d training and %d test samples; the published data have %d and %d; to use it as it is, give its path",
			d.Name, path, train.Len(), test.Len(), d.Train, d.Test)
	}
	return Set{Name: d.Name, Train: train, Test: test, Where: path, Manifest: manifest, Seeded: d.seeded, Photos: d.cifar}, nil
}

// locate returns the path of d, or an error that says where it was looked for and how to get it.
func (d dataset) locate() (string, error) {
	if d.folder == "" {
		return generated, nil
	}
	places := d.places()
	for _, dir := range places {
		if path, ok := d.find(dir); ok {
			return path, nil
		}
	}
	way := "lgl data fetch " + d.Name
	if d.debian != "" {
		way = "apt install " + d.debian + ", or " + way
	}
	return "", fmt.Errorf("%s is not in %s; to get it: %s; or set LGL_DATA to a directory with %s in it",
		d.Name, strings.Join(places, ", "), way, d.folder)
}

// places returns the directories in which d may be.
func (d dataset) places() []string {
	var dirs []string
	if root := os.Getenv("LGL_DATA"); root != "" {
		dirs = append(dirs, filepath.Join(root, d.folder), root)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "lgl", "data", d.folder))
	}
	if d.debian != "" {
		dirs = append(dirs, filepath.Join("/usr/share/datasets", d.folder))
	}
	return dirs
}

func findIDX(dir string) (string, bool) {
	_, missing := idx.Find(dir)
	return dir, missing == nil
}

func findCIFAR(k cifar.Kind) func(dir string) (string, bool) {
	return func(dir string) (string, bool) { return cifar.Find(dir, k) }
}

func openCIFAR(coarse bool) func(string, Options) (train, test data.Source, err error) {
	return func(path string, _ Options) (train, test data.Source, err error) {
		return both(cifar.Load(path, coarse))
	}
}

func openToy(l toy.Layout) func(string, Options) (train, test data.Source, err error) {
	return func(_ string, o Options) (train, test data.Source, err error) {
		return both(toy.Generate(l, toyPerClass, toyPerClass, o.Seed))
	}
}

// openGlyphs generates the glyphs, or reads what it generated before, in the place where Fetch puts
// data; without such a place it generates them each time.
func openGlyphs(coarse bool) func(string, Options) (train, test data.Source, err error) {
	return func(_ string, o Options) (train, test data.Source, err error) {
		dir, err := defaultDir()
		if err != nil {
			o.Say("glyphs: the images will be generated each time: " + err.Error())
			return both(glyphs.Open("", coarse, o.Say))
		}
		return both(glyphs.Open(filepath.Join(dir, "glyphs"), coarse, o.Say))
	}
}

// both turns two sources of one type into data.Sources; on an error they are nil.
func both[S data.Source](train, test S, err error) (data.Source, data.Source, error) {
	if err != nil {
		return nil, nil, err
	}
	return train, test, nil
}
