package cifar

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// maxRecords limits what a file may hold: twice the largest published file.
const maxRecords = 100_000

// maxNames limits the size of a file of class names.
const maxNames = 1 << 16

// content is what the files of a data set hold.
type content struct {
	format  format
	parts   map[string]part // by file name
	classes [][]string      // by kind of label
	named   []bool          // by kind of label: classes are those of its file
}

// part is what one file of records holds.
type part struct {
	labels [][]byte // by kind of label, [N]
	pixels []byte   // [N 3 32 32]
}

func newContent(f format) *content {
	c := &content{format: f, parts: map[string]part{}, named: make([]bool, len(f.labels))}
	for _, l := range f.labels {
		c.classes = append(c.classes, l.classes)
	}
	return c
}

// formatOf returns the format that a file of this name belongs to.
func formatOf(name string) (f format, ok bool) {
	for _, f := range formats {
		if f.records(name) || f.names(name) >= 0 {
			return f, true
		}
	}
	return format{}, false
}

// records reports whether a file of this name holds records.
func (f format) records(name string) bool {
	return slices.Contains(f.train, name) || slices.Contains(f.test, name)
}

// names returns the kind of label whose class names a file of this name holds, or -1.
func (f format) names(name string) int {
	return slices.IndexFunc(f.labels, func(l labels) bool { return l.file == name })
}

// check reports files that are missing.
func (c *content) check() error {
	var missing []string
	for _, name := range slices.Concat(c.format.train, c.format.test) {
		if _, ok := c.parts[name]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return fmt.Errorf("%s without %s", c.format.name, strings.Join(missing, ", "))
	}
	return nil
}

// readDir reads the files of a directory.
func readDir(dir string) (*content, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var c *content
	for _, e := range entries {
		if _, ours := formatOf(e.Name()); !ours {
			continue
		}
		if c, err = c.expect(e.Name()); err != nil {
			return nil, err
		}
		if err := c.addFile(e.Name(), filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return c.done()
}

// readArchive reads the files in a .tar.gz, in whatever order they come.
func readArchive(name string) (*content, error) {
	file, err := steadyfile.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c, err := readTar(file, file.Size())
	if changed := file.Unchanged(); changed != nil {
		err = changed
	}
	return c, err
}

// readTar reads a .tar.gz of size bytes.
func readTar(file io.Reader, size int64) (c *content, err error) {
	unzipped, err := data.Unzip(bufio.NewReaderSize(file, 1<<20), size)
	if err != nil {
		return nil, fmt.Errorf("is no .tar.gz: %w", err)
	}
	archive := tar.NewReader(unzipped)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		base := path.Base(h.Name)
		if _, ours := formatOf(base); !ours || h.Typeflag != tar.TypeReg {
			continue
		}
		if c, err = c.expect(base); err != nil {
			return nil, err
		}
		if err := c.addEntry(base, h, archive, size); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	if _, err := io.Copy(io.Discard, unzipped); err != nil { // so that gzip sees its checksum
		return nil, fmt.Errorf("archive: %w", err)
	}
	return c.done()
}

// addEntry reads a file of an archive of so many bytes under the given name. A sparse one could have
// more bytes than ever come out of the archive.
func (c *content) addEntry(name string, h *tar.Header, r io.Reader, archive int64) error {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return errors.New("is sparse; want its bytes: pack the archive without --sparse")
		}
	}
	return c.add(name, r, h.Size, min(h.Size, archive))
}

// expect makes the content for the first file of a format (c is nil), and refuses a file that
// then belongs to the other one.
func (c *content) expect(name string) (*content, error) {
	f, _ := formatOf(name)
	if c == nil {
		c = newContent(f)
	}
	if c.format.name != f.name {
		return nil, fmt.Errorf("files of both %s and %s (%s)", c.format.name, f.name, name)
	}
	return c, nil
}

// done checks that the content is complete.
func (c *content) done() (*content, error) {
	if c == nil {
		return nil, fmt.Errorf("holds neither CIFAR-10 (%s ...) nor CIFAR-100 (%s ...) in the binary version",
			formats[CIFAR10].train[0], formats[CIFAR100].train[0])
	}
	return c, c.check()
}

// addFile reads a file under the given name.
func (c *content) addFile(name, path string) error {
	file, err := steadyfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	err = c.add(name, file, file.Size(), file.Size())
	if changed := file.Unchanged(); changed != nil {
		err = changed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// add reads what the named file holds; size is what it is said to have, and first what may be set
// aside for that before any of it has come.
func (c *content) add(name string, r io.Reader, size, first int64) (err error) {
	if _, twice := c.parts[name]; twice {
		return errors.New("is there twice")
	}
	if j := c.format.names(name); j >= 0 {
		if c.named[j] {
			return errors.New("is there twice")
		}
		c.named[j] = true
		c.classes[j], err = readNames(r, len(c.format.labels[j].classes))
		return err
	}
	if most := int64(maxRecords * c.format.record()); size > most {
		return fmt.Errorf("has %d bytes; want at most %d, which are %d records", size, most, maxRecords)
	}
	c.parts[name], err = c.format.readRecords(r, first)
	return err
}

// readRecords reads records until r ends, and sets first bytes aside for them.
func (f format) readRecords(r io.Reader, first int64) (part, error) {
	p := part{labels: make([][]byte, len(f.labels)), pixels: make([]byte, 0, first)}
	b := bufio.NewReaderSize(r, 1<<16)
	record := make([]byte, f.record())
	for n := 0; ; n++ {
		got, err := io.ReadFull(b, record)
		if err == io.EOF {
			break
		}
		if err == io.ErrUnexpectedEOF {
			return part{}, fmt.Errorf("record %d is cut short: %d of %d bytes", n, got, len(record))
		}
		if err != nil {
			return part{}, err
		}
		if n == maxRecords {
			return part{}, fmt.Errorf("more than %d records; the published files have at most 50000", maxRecords)
		}
		for j, l := range f.labels {
			if int(record[j]) >= len(l.classes) {
				return part{}, fmt.Errorf("record %d: %s %d; want 0..%d", n, l.what, record[j], len(l.classes)-1)
			}
			p.labels[j] = append(p.labels[j], record[j])
		}
		p.pixels = append(p.pixels, record[len(f.labels):]...)
	}
	if len(p.pixels) == 0 {
		return part{}, errors.New("holds no records")
	}
	return p, nil
}

// readNames reads n different class names, one a line.
func readNames(r io.Reader, n int) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxNames+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxNames:
		return nil, fmt.Errorf("is longer than %d bytes; want %d class names, one a line", maxNames, n)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("is not UTF-8; want %d class names, one a line", n)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if name := strings.TrimSpace(line); name != "" {
			names = append(names, name)
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) != n || len(distinct) != n {
		return nil, fmt.Errorf("%d class names, %d of them different; want %d", len(names), len(distinct), n)
	}
	return names, nil
}
