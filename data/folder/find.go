package folder

import (
	"io/fs"
	"path/filepath"
)

// Find returns the pictures in dir and below it, by the endings of their names, in the order of these, and
// what could not be read there; links to folders in it are not followed, and what scan skips is left out, runs too. It
// opens no picture.
func Find(dir string) (files []string, unread []error, err error) {
	return find(dir, func() {})
}

// find is Find, which calls one with each picture.
func find(dir string, one func()) (files []string, unread []error, err error) {
	// With the separator, dir may itself be a link.
	top := dir + string(filepath.Separator)
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == top:
			return err
		case err != nil:
			unread = append(unread, err)
			return nil // WalkDir goes on behind it
		case d.IsDir() && path != top && (skipped(d.Name()) || isRun(path)):
			return fs.SkipDir
		case !d.IsDir() && hasEnding(path) && !skipped(d.Name()):
			files = append(files, filepath.Clean(path))
			one()
		}
		return nil
	})
	switch {
	case err != nil || len(files) > 0:
	case unread != nil:
		err = unread[0]
	default:
		err = noPictures(dir)
	}
	return files, unread, err
}
