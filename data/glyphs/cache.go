package glyphs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// file is the name of the cache: the images, [60000 3 32 32], the training part first.
const file = "glyphs.bin"

// store is a set of images that can be generated, and a directory that may hold them.
type store struct {
	dir      string // "": nowhere
	bytes    int
	sha256   string // of the images
	generate func() ([]byte, error)
	say      func(string)
}

// images returns the images from the file, or else generates and keeps them. What the user should
// know of it is said in one line: a file that is damaged, a directory that cannot be written to.
func (s store) images() ([]byte, error) {
	path := filepath.Join(s.dir, file)
	pixels, err := s.read(path)
	if err == nil {
		return pixels, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		s.say(fmt.Sprintf("%v: the images are generated anew", err))
	}
	if pixels, err = s.generate(); err != nil {
		return nil, err
	}
	if err := s.check(pixels); err != nil {
		return nil, fmt.Errorf("glyphs: the generated file %w: this build draws other images than everyone's", err)
	}
	if err := s.keep(path, pixels); err != nil {
		s.say(fmt.Sprintf("glyphs: the images are not kept, and will be generated each time: %v", err))
	}
	return pixels, nil
}

// read reads the images, if they are as they should be. A file of another size is not read.
func (s store) read(path string) ([]byte, error) {
	if s.dir == "" {
		return nil, fs.ErrNotExist
	}
	f, err := steadyfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() != int64(s.bytes) {
		return nil, fmt.Errorf("%s: has %d bytes; want %d", path, f.Size(), s.bytes)
	}
	pixels, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	if err := s.check(pixels); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pixels, nil
}

// check reports images that are not the ones of the data set.
func (s store) check(pixels []byte) error {
	sum := sha256.Sum256(pixels)
	if got := hex.EncodeToString(sum[:]); got != s.sha256 {
		return fmt.Errorf("has SHA-256 %s; want %s", got, s.sha256)
	}
	return nil
}

// keep makes path hold the images, or leaves it as it was.
func (s store) keep(path string, pixels []byte) error {
	if s.dir == "" {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(pixels)
		return err
	})
}
