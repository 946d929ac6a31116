package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
)

// pictures are image files as samples of a network's input: a data.Source without labels. One that
// cannot be read is black, and its error is kept.
type pictures struct {
	files   []string // "-" is stdin
	errs    []error  // by file, of those that were read so far
	stdin   io.Reader
	classes []string
	unseen  int   // folders that could not be read
	shape   []int // [C H W] before padding
	centre  bool  // the view of pictures in folders, which the run was trained on
}

func (p *pictures) Len() int          { return len(p.files) }
func (p *pictures) Classes() []string { return p.classes }
func (p *pictures) Shape() []int      { return p.shape }
func (p *pictures) Label(int) int     { return 0 }

// Sample reads file i.
func (p *pictures) Sample(i int, dst []float32) error {
	picture, err := p.decode(p.files[i])
	if err == nil && p.centre {
		picture = picture.Centre(p.shape[1])
	}
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
	raw, err := io.ReadAll(io.LimitReader(p.stdin, folder.MaxBytes+1))
	if err == nil && len(raw) > folder.MaxBytes {
		err = fmt.Errorf("is longer than %d bytes", folder.MaxBytes)
	}
	if err != nil {
		return folder.Picture{}, err
	}
	return folder.DecodeBytes(raw)
}

// unread says that some pictures could not be read, if so.
func (p *pictures) unread() error {
	n := p.unseen
	for _, err := range p.errs {
		if err != nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if p.unseen > 0 {
		return fmt.Errorf("%s of %s pictures and folders could not be read", count(n), count(len(p.files)+p.unseen))
	}
	return fmt.Errorf("%s of %s could not be read", count(n), plural.Count(len(p.files), "picture"))
}

// pictureFiles returns the paths, and in place of each folder the pictures in it and below. What is
// wrong with a file is said when it is read, with a folder in another now.
func pictureFiles(paths []string, say func(string)) (files []string, unseen int, err error) {
	stdin := 0
	for _, path := range paths {
		if path == "-" {
			stdin++
		} else if info, err := os.Stat(path); err == nil && info.IsDir() {
			found, unread, err := folder.Find(path)
			if err != nil {
				return nil, 0, err
			}
			for _, err := range unread {
				say(err.Error())
			}
			unseen += len(unread)
			files = append(files, found...)
			continue
		}
		files = append(files, path)
	}
	if stdin > 1 {
		return nil, 0, failure.Usage(errors.New("- is the picture on stdin; it can be there only once"))
	}
	return files, unseen, nil
}
