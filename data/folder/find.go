package folder

import (
	"io/fs"
	"path/filepath"
)

// Find returns the pictures in dir and below it, by the endings of their names, in the order of these;
// links to folders in it are not followed, and what scan skips is left out. It opens none of them.
func Find(dir string) (files []string, err error) {
	// With the separator, dir may itself be a link.
	err = filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && skipped(d.Name()) && path != dir+string(filepath.Separator) {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() && hasEnding(path) && !skipped(d.Name()) {
			files = append(files, filepath.Clean(path))
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = noPictures(dir)
	}
	return files, err
}
