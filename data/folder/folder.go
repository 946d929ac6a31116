// Package folder reads pictures that lie in a folder for each class.
//
//  1. Open finds the parts, train and test, the classes, which are the folders in train, sorted by
//     bytes, and the files of each; a folder without parts is split. It looks at the header
//     and the end of every file, so that what is no picture, or not all of one, is told before the training;
//  2. Source.Sample decodes a file when it is asked for (data/picture), and takes the view of evaluation: torchvision's
//     Resize(256 N/224) and CenterCrop(N);
//  3. Source.View takes a random view to train on, RandomResizedCrop(N), as bytes;
//  4. what was decoded is kept in memory, up to 1 GiB, so that later epochs do not decode it anew.
//
// Where the files lie is found out in two steps: arrange (layout.go) tells the parts and whether a file of labels goes
// with them (labels.go); the scanner walks the class folders (scan.go), or takes the rows of that file.
//
// Check reports what cannot be trained on, and why; Write makes such folders of images in memory; Loose are pictures without
// classes, wherever they lie, for a network to say what is on them.
package folder

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// Source is one part of a folder, as samples [3 N N] of values 0..1.
type Source struct {
	dir     string
	classes []string
	files   []file
	size    int // N
	memory  *memory
	centres []atomic.Pointer[picture.Picture]   // [files] the view of evaluation, once it was taken
	reduced []atomic.Pointer[picture.Picture]   // [files] what random views are taken from
	sums    []atomic.Pointer[[sha256.Size]byte] // [files] of those that were read
}

// file is the file of a sample, as it was when the folder was opened.
type file struct {
	path     string
	label    int32
	bytes    int64
	modified time.Time
}

var _ data.Pictures = (*Source)(nil)

// newSource returns a source of the files, which shares memory with others.
func newSource(dir string, classes []string, files []file, size int, m *memory) *Source {
	return &Source{
		dir: dir, classes: classes, files: files, size: size, memory: m,
		centres: make([]atomic.Pointer[picture.Picture], len(files)), reduced: make([]atomic.Pointer[picture.Picture], len(files)),
		sums: make([]atomic.Pointer[[sha256.Size]byte], len(files)),
	}
}

// Len returns the number of pictures.
func (s *Source) Len() int { return len(s.files) }

// Classes returns the names of the class folders of the training part, sorted by bytes.
func (s *Source) Classes() []string { return s.classes }

// Shape returns [3 N N].
func (s *Source) Shape() []int { return []int{3, s.size, s.size} }

// Label returns the class of picture i.
func (s *Source) Label(i int) int { return int(s.files[i].label) }

// Path returns the file of picture i.
func (s *Source) Path(i int) string { return s.files[i].path }

// Sample writes the view of picture i that evaluation takes. An error names the file.
func (s *Source) Sample(i int, dst []float32) error {
	p, err := s.centre(i)
	if err != nil {
		return err
	}
	p.Planes(dst)
	return nil
}

// centre returns the view of picture i that evaluation takes.
func (s *Source) centre(i int) (picture.Picture, error) {
	return s.kept(s.centres, i, 0, func(p picture.Picture) picture.Picture { return p.Centre(s.size) })
}

// View writes a random view of picture i, [3 N N]; without r, that of evaluation. A picture whose shorter
// side exceeds 3N is reduced before a random view, so that far more of them fit into memory: to 2N, or, if libjpeg-turbo
// halves a JPEG to no more than 3N while it decodes, to what that leaves, which is no less than 2N.
func (s *Source) View(i int, dst []byte, r *rand.Rand) error {
	if r == nil {
		p, err := s.centre(i)
		if err != nil {
			return err
		}
		p.Split(dst)
		return nil
	}
	p, err := s.kept(s.reduced, i, 2*s.size, func(p picture.Picture) picture.Picture { return p.Reduced(2 * s.size) })
	if err != nil {
		return err
	}
	p.Random(s.size, r).Split(dst)
	return nil
}

// kept returns what reduce makes of picture i, of which it needs a shorter side of least pixels (0: all
// of it), from memory if it is there.
func (s *Source) kept(slots []atomic.Pointer[picture.Picture], i, least int, reduce func(picture.Picture) picture.Picture) (picture.Picture, error) {
	return s.memory.keep(&slots[i], func() (picture.Picture, error) {
		p, err := s.decode(i, least)
		if err != nil {
			return p, err
		}
		return reduce(p), nil
	})
}

// decode reads picture i, or what picture.DecodeAtLeast makes of it.
func (s *Source) decode(i, least int) (picture.Picture, error) {
	f, err := s.open(i)
	if err != nil {
		return picture.Picture{}, err
	}
	defer f.Close()
	b, err := f.Bytes()
	if err != nil {
		return picture.Picture{}, err
	}
	if err := s.note(i, b); err != nil {
		return picture.Picture{}, err
	}
	p, err := picture.DecodeAtLeast(b, least)
	if err != nil {
		return p, fmt.Errorf("%s: %w; lgl data check %s finds all such files, and --fix moves them away", s.files[i].path, err, shell.Quoted(s.dir))
	}
	return p, nil
}

// note notes the SHA-256 of picture i, whose file holds b; a file that has changed since it was noted,
// though its time and size have not, is an error.
func (s *Source) note(i int, b []byte) error {
	sum := sha256.Sum256(b)
	if s.sums[i].CompareAndSwap(nil, &sum) || *s.sums[i].Load() == sum {
		return nil
	}
	return s.changed(i)
}

func (s *Source) changed(i int) error {
	return fmt.Errorf("%s: was written to since the data were opened; give it its content back, and leave the folder as it is during a run",
		s.files[i].path)
}

// gone is the error for picture i, whose file is no longer there: it names the folder if that is not either.
func (s *Source) gone(i int) error {
	what := s.files[i].path
	if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
		what = s.dir
	}
	return fmt.Errorf("%s: is no longer there; put it back, and leave the folder as it is during a run", what)
}

// Entry returns the path of picture i within the folder, with slashes, and its bytes.
func (s *Source) Entry(i int) (name string, bytes int64) {
	return filepath.ToSlash(strings.TrimPrefix(s.files[i].path, s.dir+string(filepath.Separator))), s.files[i].bytes
}

// Sum returns the SHA-256 of the file of picture i as it was read first, false before that.
func (s *Source) Sum(i int) (sum [sha256.Size]byte, ok bool) {
	if p := s.sums[i].Load(); p != nil {
		return *p, true
	}
	return sum, false
}

// open opens the file of picture i, which must be as it was when the folder was opened.
func (s *Source) open(i int) (*steadyfile.File, error) {
	was := s.files[i]
	f, err := steadyfile.Open(was.path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, s.gone(i)
	}
	if err != nil {
		return nil, err
	}
	now, err := f.Stat()
	switch {
	case err != nil:
	case now.Size() != was.bytes || !now.ModTime().Equal(was.modified):
		err = s.changed(i)
	default:
		err = f.AtMost(picture.MaxBytes)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
