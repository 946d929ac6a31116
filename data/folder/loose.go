package folder

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
)

// Loose are pictures without classes of their own, wherever they lie, as samples for a network: a data.Source. One that cannot
// be read is black, and Err tells why.
type Loose struct {
	view   LooseView
	files  []string // "-" is the one on Stdin
	errs   []error  // by file, of those that were read so far
	unseen int      // folders that could not be read
}

// LooseView says what a network sees of a picture.
type LooseView struct {
	Classes []string // that it knows
	Shape   []int    // [C H W], with one channel or three
	Centre  bool     // the view of evaluation (picture.Picture.Centre) is taken, not the whole picture
	Stdin   io.Reader
}

// FindLoose returns the pictures at paths, "-" that on Stdin, and in place of each folder those in it and below. What is wrong with a
// file is known when it is read; say takes what is wrong with a folder in another.
func FindLoose(paths []string, view LooseView, say func(line string)) (*Loose, error) {
	l, stdin := &Loose{view: view}, 0
	for _, path := range paths {
		if path == "-" {
			stdin++
		} else if info, err := os.Stat(path); err == nil && info.IsDir() {
			found, unread, err := Find(path)
			if err != nil {
				return nil, err
			}
			for _, err := range unread {
				say(err.Error())
			}
			l.files, l.unseen = append(l.files, found...), l.unseen+len(unread)
			continue
		}
		l.files = append(l.files, path)
	}
	if stdin > 1 {
		return nil, failure.Usage(errors.New("- is the picture on stdin; it can be there only once"))
	}
	l.errs = make([]error, len(l.files))
	return l, nil
}

// Len returns the number of pictures.
func (l *Loose) Len() int { return len(l.files) }

// Classes returns those that the network knows.
func (l *Loose) Classes() []string { return l.view.Classes }

// Shape returns [C H W].
func (l *Loose) Shape() []int { return l.view.Shape }

// Label returns 0: no class is known.
func (l *Loose) Label(int) int { return 0 }

// Path returns the path of picture i, as it was given or found.
func (l *Loose) Path(i int) string { return l.files[i] }

// Err returns why picture i could not be read, nil if it was.
func (l *Loose) Err(i int) error { return l.errs[i] }

// Sample reads picture i.
func (l *Loose) Sample(i int, dst []float32) error {
	p, err := l.decode(l.files[i])
	if err == nil && l.view.Centre {
		p = p.Centre(l.view.Shape[1])
	}
	if err == nil {
		err = p.Fit(l.view.Shape, dst)
	}
	if l.errs[i] = err; err != nil {
		clear(dst)
	}
	return nil
}

// decode reads a file or stdin.
func (l *Loose) decode(path string) (picture.Picture, error) {
	if path != "-" {
		return picture.Decode(path)
	}
	raw, err := io.ReadAll(io.LimitReader(l.view.Stdin, picture.MaxBytes+1))
	if err == nil && len(raw) > picture.MaxBytes {
		err = fmt.Errorf("is longer than %d bytes", picture.MaxBytes)
	}
	if err != nil {
		return picture.Picture{}, err
	}
	return picture.DecodeBytes(raw)
}

// Unread reports that some pictures could not be read, if so.
func (l *Loose) Unread() error {
	n := l.unseen
	for _, err := range l.errs {
		if err != nil {
			n++
		}
	}
	switch {
	case n == 0:
		return nil
	case l.unseen > 0:
		return fmt.Errorf("%s of %s pictures and folders could not be read", plural.Thousands(n), plural.Thousands(len(l.files)+l.unseen))
	}
	return fmt.Errorf("%s of %s could not be read", plural.Thousands(n), plural.Count(len(l.files), "picture"))
}
