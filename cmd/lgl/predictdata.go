package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data/folder"
)

// pictures are image files as samples of a network's input: a data.Source without labels. One that
// cannot be read is black, and its error is kept.
type pictures struct {
	files   []string // "-" is stdin
	errs    []error  // by file, of those that were read so far
	stdin   io.Reader
	classes []string
	shape   []int // [C H W] before padding
}

func (p *pictures) Len() int          { return len(p.files) }
func (p *pictures) Classes() []string { return p.classes }
func (p *pictures) Shape() []int      { return p.shape }
func (p *pictures) Label(int) int     { return 0 }

// Sample reads file i.
func (p *pictures) Sample(i int, dst []float32) error {
	picture, err := p.decode(p.files[i])
	if err == nil {
		err = picture.Fit(p.shape, dst)
	}
	if p.errs[i] = err; err != nil {
		clear(dst)
	}
	return nil
}

// decode reads a file or stdin.
func (p *pictures) decode(path string) (folder.Picture, error) {
	if path != "-" {
		return folder.Decode(path)
	}
	raw, err := io.ReadAll(io.LimitReader(p.stdin, mostStdin+1))
	if err == nil && len(raw) > mostStdin {
		err = fmt.Errorf("is longer than %d bytes", mostStdin)
	}
	if err != nil {
		return folder.Picture{}, err
	}
	return folder.DecodeBytes(raw)
}

// mostStdin limits the bytes of a picture on stdin.
const mostStdin = 256 << 20

// pictureExtensions are those of the files that are taken from a folder, in any case.
var pictureExtensions = []string{".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

// pictureFiles returns the paths, and in place of each folder the pictures in it and below, in the
// order of their names. What is wrong with a file is said when it is read.
func pictureFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		if info, err := os.Stat(path); path == "-" || err != nil || !info.IsDir() {
			files = append(files, path)
			continue
		}
		before := len(files)
		// With the slash a link to a folder is one, too.
		err := filepath.WalkDir(path+string(filepath.Separator), func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && slices.Contains(pictureExtensions, strings.ToLower(filepath.Ext(file))) {
				files = append(files, filepath.Clean(file))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s: holds no pictures: no file ends in %s", path, strings.Join(pictureExtensions, ", "))
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(files), func(path string) bool { return path != "-" })); n > 1 {
		return nil, &usageError{errors.New("- is the picture on stdin; it can be there only once")}
	}
	return files, nil
}
