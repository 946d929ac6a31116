// Package meant finds what was meant by a name that is none: one that is spelt nearly so, or lies elsewhere.
package meant

import (
	"os"
	"path/filepath"
	"strings"
)

// Name returns the one of names from which word differs least, in fewer than edits letters, capitals aside; "" if there is none.
func Name(word string, names []string, edits int) string {
	return nearest(word, names, edits, func(string) bool { return true })
}

// nearest is Name for those of the names that fit, which only near ones are asked.
func nearest(word string, names []string, edits int, fits func(string) bool) (near string) {
	for _, name := range names {
		if n := distance(strings.ToLower(word), strings.ToLower(name)); n < edits && fits(name) {
			near, edits = name, n
		}
	}
	return near
}

// distance is Levenshtein's, the fewest insertions, deletions and changes of a byte that turn a into b. row[j] is that of a[:i] and b[:j],
// and diagonal what row[j] was for i-1.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Path returns the path that fits of which each name differs least from that in path, in a third of its letters at most; "" if
// there is none.
func Path(path string, fits func(string) bool) string {
	if fits(path) {
		return path
	}
	dir, name := filepath.Split(path)
	if name == "" { // the root
		return ""
	}
	if dir = Path(filepath.Clean(dir), isFolder); dir == "" {
		return ""
	}
	entries, _ := os.ReadDir(dir) // none where it cannot be read
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	name = nearest(name, names, (len(name)+1)/3+1, func(name string) bool { return fits(filepath.Join(dir, name)) })
	if name == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// FromAbove returns the path that fits which a relative one is if it counts from the current folder or one above it, the nearest;
// "" if there is none.
func FromAbove(path string, fits func(string) bool) string {
	here, err := os.Getwd()
	if err != nil || filepath.IsAbs(path) {
		return ""
	}
	for above := here; above != filepath.Dir(above); above = filepath.Dir(above) {
		if full := filepath.Join(above, path); fits(full) {
			return FromHere(full)
		}
	}
	return ""
}

// FromHere returns how path is named in the current folder.
func FromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil {
		return short
	}
	return path
}
