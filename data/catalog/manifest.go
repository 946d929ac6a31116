package catalog

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data/cifar"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/data/idx"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// manifestName is the file, beside those of a data set, that lists their SHA-256s as sha256sum
// writes and checks them. Where it is, Open holds the data to it: their formats have no checksum of
// their own. maxManifest limits its length.
const (
	manifestName = "SHA256SUMS"
	maxManifest  = 256 << 20
)

// Listed is a file and its SHA-256, in hexadecimal.
type Listed struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Manifest writes the SHA-256s of the files of a known data set, or of the one at a path, to
// SHA256SUMS beside them, and returns that path and what it wrote of these files. What the list
// has of other files that are there stays. Data that cannot be read are refused. labels are as in Options.
func Manifest(ctx context.Context, nameOrPath, labels string) (path string, files []Listed, err error) {
	p, err := locate(nameOrPath, labels)
	if err != nil {
		return "", nil, err
	}
	if _, err := p.load(ctx, Options{Labels: labels, Say: func(string) {}}); err != nil {
		return "", nil, err
	}
	dir, names, labels, err := p.files(ctx)
	if err != nil {
		return "", nil, err
	}
	if labels != "" {
		names = append(names, labels)
	}
	path = filepath.Join(dir, manifestName)
	if err := atomicfile.Check(path); err != nil {
		return "", nil, err
	}
	for _, name := range names {
		sum, err := sumOf(ctx, filepath.Join(dir, name))
		if err != nil {
			return "", nil, err
		}
		files = append(files, Listed{name, sum})
	}
	others, err := readManifest(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, err
	}
	return path, files, writeManifest(path, merge(dir, files, others))
}

// sumOf returns the SHA-256 of a file, unless ctx is done.
func sumOf(ctx context.Context, path string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return steadyfile.SHA256(path)
}

// locate returns the place of a known data set, or of the one at a path.
func locate(nameOrPath, labels string) (place, error) {
	d, ok := known(nameOrPath)
	switch {
	case !ok:
		return find(nameOrPath, labels)
	case labels != "":
		return place{}, notLabelled(nameOrPath, labels)
	}
	if d.folder == "" {
		return place{}, fmt.Errorf("data %q is generated; there are no files to list", d.Name)
	}
	path, err := d.locate()
	return place{path: path, cifar: d.cifar}, err
}

// files returns the directory of the data's files, their names, and that of the file there with the labels of pictures, "": none.
func (p place) files(ctx context.Context) (dir string, names []string, labels string, err error) {
	if p.cifar {
		dir, names, err = cifar.Files(p.path)
		return dir, names, "", err
	}
	if p.pictures {
		names, labels, err = folder.Files(ctx, p.path, p.labels)
		return p.path, names, labels, err
	}
	paths, _ := idx.Find(p.path)
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return p.path, names, "", nil
}

// merge returns the files, and those of the others that are still in dir, by name.
func merge(dir string, files, others []Listed) []Listed {
	all, again := slices.Clone(files), map[string]bool{}
	for _, f := range files {
		again[f.File] = true
	}
	for _, o := range others {
		if _, err := os.Stat(filepath.Join(dir, o.File)); err == nil && !again[o.File] {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b Listed) int { return strings.Compare(a.File, b.File) })
	return all
}

// VerifyFolder holds the folder of pictures at dir to the list that Manifest wrote there, if it did: as every Open does. labels are
// as in Options.
func VerifyFolder(ctx context.Context, dir, labels string) error {
	_, err := place{path: dir, pictures: true, labels: labels}.verify(ctx)
	return err
}

// verify holds the data at a place to the list beside them, if there is one, and returns its path:
// it must have all of them, but for labels, and all that it has must be there.
func (p place) verify(ctx context.Context) (manifest string, err error) {
	if p.pictures {
		if _, err := os.Lstat(filepath.Join(p.path, manifestName)); errors.Is(err, fs.ErrNotExist) {
			return "", nil // ahead of looking for a million files
		}
	}
	dir, names, labels, err := p.files(ctx)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, manifestName)
	listed, err := readManifest(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	wayOut := "get it anew, or, if it is as it should be, write the list anew: lgl data manifest " + shell.Quoted(p.path)
	sums := map[string]string{}
	for _, l := range listed {
		sums[l.File] = l.SHA256
	}
	if _, ok := sums[labels]; ok { // lists of earlier versions of lgl do not have it
		names = append(names, labels)
	}
	for _, name := range names {
		file := filepath.Join(dir, name)
		want, ok := sums[name]
		if !ok {
			return "", fmt.Errorf("%s: %s does not list it; %s", file, path, wayOut)
		}
		sum, err := sumOf(ctx, file)
		if err != nil {
			return "", err
		}
		if sum != want {
			return "", fmt.Errorf("%s: has SHA-256 %s; %s lists %s: it was changed or damaged; %s", file, sum, path, want, wayOut)
		}
	}
	for _, l := range listed {
		if _, err := os.Stat(filepath.Join(dir, l.File)); err != nil {
			return "", fmt.Errorf("%s lists %s, which is not there (%w); %s", path, l.File, err, wayOut)
		}
	}
	return path, nil
}

// sha256sum begins a line with a backslash where the name has one of these, and writes them so.
var (
	escape   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
	unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")
)

// Line returns the line of a list that f stands in.
func (l Listed) Line() string {
	mark, name := "", escape.Replace(l.File)
	if name != l.File {
		mark = `\`
	}
	return fmt.Sprintf("%s%s  %s\n", mark, l.SHA256, name)
}

// ReadSums reads a list of SHA-256s to which lines are only ever added, maybe just now: a last one that is not
// whole is left out, and whole is the length of the others. An error names the file.
func ReadSums(path string) (files []Listed, whole int64, err error) {
	b, err := steadyfile.ReadAll(path, maxManifest)
	if err != nil {
		return nil, 0, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	if files, err = parseManifest(string(b)); err != nil {
		return nil, 0, fmt.Errorf("%s:%w", path, err)
	}
	return files, int64(len(b)), nil
}

// writeManifest writes a list.
func writeManifest(path string, files []Listed) error {
	err := atomicfile.Write(path, func(w io.Writer) error {
		for _, f := range files {
			if _, err := io.WriteString(w, f.Line()); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; copy the data to a directory of your own, and list them there", err)
	}
	return err
}

// readManifest reads a list; an error names it.
func readManifest(path string) ([]Listed, error) {
	text, err := steadyfile.ReadAll(path, maxManifest)
	if err != nil {
		return nil, err
	}
	files, err := parseManifest(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w; mend it, or delete it and write it anew: lgl data manifest %s", path, err, shell.Quoted(filepath.Dir(path)))
	}
	return files, nil
}

// parseManifest takes a list apart: in each line 64 hexadecimal digits, a space, a space or an
// asterisk, and the name of a file. An error begins with the line's number.
func parseManifest(text string) ([]Listed, error) {
	var files []Listed
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, whole := strings.CutSuffix(line, "\n")
		line = strings.TrimSuffix(line, "\r") // of an editor on Windows; in a name it is escaped
		rest, escaped := strings.CutPrefix(line, `\`)
		if _, err := hex.DecodeString(rest[:min(64, len(rest))]); err != nil || !whole || len(rest) < 67 || rest[64] != ' ' || rest[65] != ' ' && rest[65] != '*' {
			return nil, fmt.Errorf("%d: found %.100q; want 64 hexadecimal digits, two spaces and the name of a file", n, line)
		}
		f := Listed{rest[66:], strings.ToLower(rest[:64])}
		if escaped {
			f.File = unescape.Replace(f.File)
		}
		if seen[f.File] {
			return nil, fmt.Errorf("%d: %.100q is listed twice", n, f.File)
		}
		seen[f.File] = true
		files = append(files, f)
	}
	return files, nil
}
