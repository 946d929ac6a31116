package folder

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// labelsName is the label file of a whole folder that is found by itself.
const labelsName = "labels.csv"

// maxLabels is the length of a label file.
const maxLabels = 256 << 20

// labels are the classes of pictures that lie in no class folder, by a file.
type labels struct {
	path  string
	rows  []row
	split bool // the rows say of which part they are
}

// row is one line of it.
type row struct {
	line  int
	name  string // of the picture, within the folder, with slashes, as it stands there
	class string // without blanks around it
	part  string // train, val or test, if the file says so
}

// partsOf are the values of the column split.
var partsOf = []string{"train", "val", "test"}

// readLabels reads a label file, which is one of
//
//   - CSV with a header of the columns file and label, and maybe split, in any order, with commas,
//     semicolons or tabs between;
//   - Kaggle's CSV of ImageNet, with the header ImageId,PredictionString: names without .JPEG, and the
//     class as the first word;
//   - a text whose name ends in .txt, of lines "file class", as Caffe has them.
//
// Blanks around classes, parts and the names of columns are no part of them. An error names file and line.
func readLabels(path string) (labels, error) {
	l := labels{path: path}
	text, err := steadyfile.ReadAll(path, maxLabels)
	if err != nil {
		return l, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return l, fmt.Errorf("%s: is not UTF-8; save it in that encoding", path)
	}
	if strings.EqualFold(filepath.Ext(path), ".txt") {
		err = l.readText(text)
	} else {
		err = l.readCSV(text)
	}
	if err != nil {
		return l, err
	}
	if len(l.rows) == 0 {
		return l, fmt.Errorf("%s: labels no picture", path)
	}
	return l, nil
}

// readText reads lines "file class"; the class is the last word.
func (l *labels) readText(text []byte) error {
	n := 0
	l.rows = make([]row, 0, roughly(text))
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		at := strings.LastIndexAny(line, " \t")
		if line == "" {
			continue
		}
		if at < 0 {
			return l.at(n, "found %.100q; want the name of a picture, a space and its class", line)
		}
		l.rows = append(l.rows, row{line: n, name: strings.TrimSpace(line[:at]), class: line[at+1:]})
	}
	return nil
}

// readCSV reads the other two.
func (l *labels) readCSV(text []byte) error {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.ReuseRecord = separator(text), true
	header, err := r.Read()
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	columns, kaggle, err := l.columns(header)
	if err != nil {
		return err
	}
	l.rows = make([]row, 0, roughly(text))
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return l.notCSV(err, r, len(fields), len(header))
		}
		line, _ := r.FieldPos(0)
		w := row{line: line, name: fields[columns[0]], class: strings.TrimSpace(fields[columns[1]])}
		if kaggle {
			w.name += ".JPEG"
			w.class, _, _ = strings.Cut(w.class, " ")
		}
		if l.split {
			w.part = strings.TrimSpace(fields[columns[2]])
		}
		if l.split && !slices.Contains(partsOf, w.part) {
			return l.at(line, "split %.100q; want %s", w.part, strings.Join(partsOf, ", "))
		}
		l.rows = append(l.rows, w)
	}
}

// roughly is how many rows to take memory for ahead, so that a list of a million is not copied while it grows: as many as there
// are lines, but no more than a text of that length holds.
func roughly(text []byte) int {
	const short = 16 // bytes of a row
	return min(bytes.Count(text, []byte("\n")), len(text)/short)
}

// notCSV says what is wrong with the line that r read last, of so many fields.
func (l *labels) notCSV(err error, r *csv.Reader, fields, want int) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := r.FieldPos(0)
		return l.at(line, "found %d fields; want %d, as the first line has (a %q within one: \"dog%[3]c asleep\")", fields, want, r.Comma)
	case errors.As(err, &p) && p.Err == csv.ErrBareQuote:
		return l.at(p.StartLine, "%w: one that begins a field stands right behind the %q; within a field it is \"\"", csv.ErrBareQuote, r.Comma)
	case errors.As(err, &p):
		return l.at(p.StartLine, "%w", p.Err)
	}
	return fmt.Errorf("%s: %w", l.path, err)
}

// separator is what stands between the columns of the first line: a comma, or a semicolon, as Excel writes CSV where numbers
// have a decimal comma, or a tab.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	for _, r := range ",;\t" {
		if bytes.ContainsRune(first, r) {
			return r
		}
	}
	return ','
}

// columns returns where the names, the classes and the parts stand.
func (l *labels) columns(header []string) (at [3]int, kaggle bool, err error) {
	if slices.Equal(header, []string{"ImageId", "PredictionString"}) {
		return [3]int{0, 1, 0}, true, nil
	}
	want := []string{"file", "label", "split"}
	at = [3]int{-1, -1, -1}
	for i, name := range header {
		k := slices.Index(want, strings.TrimSpace(name))
		if k < 0 || at[k] >= 0 {
			return at, false, l.at(1, "its first line is %.200q; want a header of the columns file, label and, maybe, split, each once, with commas, semicolons or tabs between", strings.Join(header, ","))
		}
		at[k] = i
	}
	if at[0] < 0 || at[1] < 0 {
		return at, false, l.at(1, "its first line is %.200q; want a header with the columns file and label", strings.Join(header, ","))
	}
	l.split = at[2] >= 0
	return at, false, nil
}

// at is an error about a line.
func (l *labels) at(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", l.path, line, fmt.Errorf(format, args...))
}

// classes returns the classes of the rows of a part, "": of all, sorted by bytes.
func (l *labels) classes(part string) []string {
	seen := map[string]bool{}
	var names []string
	for _, w := range l.rows {
		if (part == "" || w.part == part) && !seen[w.class] {
			seen[w.class] = true
			names = append(names, w.class)
		}
	}
	slices.Sort(names)
	return names
}

// count returns how many rows are of the part, "": of any.
func (l *labels) count(part string) (n int) {
	for _, w := range l.rows {
		if part == "" || w.part == part {
			n++
		}
	}
	return n
}

// has reports whether a row is of the part.
func (l *labels) has(part string) bool {
	return slices.ContainsFunc(l.rows, func(w row) bool { return w.part == part })
}

// listing is a label file whose pictures are in dir.
type listing struct {
	labels
	dir   string
	names []string       // by row: the file within dir, cleaned
	first map[string]int // by name: the row that has it first
	again int            // the first row whose name one before it has; -1: none
}

// list cleans the names of l.
func (s *scanner) list(dir string, l labels) (listing, error) {
	n := listing{labels: l, dir: dir, names: make([]string, len(l.rows)), first: make(map[string]int, len(l.rows)), again: -1}
	err := inParallel(s.ctx, askedAtOnce, len(l.rows), func(i int) { n.names[i] = s.file(dir, l.rows[i]) })
	if err != nil {
		return n, err
	}
	for i, name := range n.names {
		if _, before := n.first[name]; !before {
			n.first[name] = i
		} else if n.again < 0 {
			n.again = i
		}
	}
	return n, nil
}

// sought is a row's picture that is looked for.
type sought struct {
	file        // its path and label; the rest once it was found
	row   int   // of the label file
	err   error // why it was not found
	moved bool  // it is not there, but in the quarantine
}

// labelled returns the pictures of the rows of a part, "": of all, class by class, each sorted by
// path. A class that is none of classes, which are those of from, is an error.
func (s *scanner) labelled(l listing, part string, classes []string, from string) ([]file, error) {
	index := map[string]int32{}
	for k, name := range classes {
		index[name] = int32(k)
	}
	all := make([]sought, 0, l.count(part))
	for i, w := range l.rows {
		if i == l.again {
			return nil, l.at(w.line, "%.200q is also in line %d; want each picture once", w.name, l.rows[l.first[l.names[i]]].line)
		}
		if part != "" && w.part != part {
			continue
		}
		k, known := index[w.class]
		if err := l.check(w, l.names[i], l.dir); err != nil {
			return nil, err
		} else if !known {
			return nil, l.at(w.line, "%s has no class %.200q%s; add pictures of it there, or take the line out",
				from, w.class, lookAlike(w.class, classes))
		}
		all = append(all, sought{file: file{path: filepath.Join(l.dir, l.names[i]), label: k}, row: i})
	}
	if err := s.lookFor(l.dir, all); err != nil {
		return nil, err
	}
	var gone []missing
	moved := 0
	for _, p := range all {
		switch {
		case p.moved:
			moved++
		case p.err != nil:
			gone = append(gone, missing{row: l.rows[p.row], list: l.path, path: p.path, err: p.err})
		}
	}
	slices.SortFunc(gone, func(a, b missing) int { return cmp.Compare(a.line, b.line) })
	if len(gone) > 0 { // of the first, which is told; a folder may be long
		gone[0].like = similar(gone[0].path)
	}
	if err := s.without(l, len(all), gone, moved); err != nil {
		return nil, err
	}
	return byClass(all, len(classes)), nil
}

// lookFor finds out what the files are, several at once, and folder by folder, as a disk has them at hand. It leaves them sorted by
// path.
func (s *scanner) lookFor(dir string, all []sought) error {
	slices.SortFunc(all, func(a, b sought) int { return strings.Compare(a.path, b.path) })
	one := counter(func(done int) {
		if s.watch != nil {
			s.watch("looked for", done, len(all))
		}
		s.tell(dir, done, len(all), "file")
	})
	away := exists(filepath.Join(s.dir, quarantine)) // else nothing was moved there, and nobody need look
	return inParallel(s.ctx, askedAtOnce, len(all), func(i int) {
		p := &all[i]
		defer one()
		info, err := stat(p.path)
		switch {
		case err == nil:
			p.bytes, p.modified = info.Size(), info.ModTime()
		case away && s.quarantined(p.path):
			p.err, p.moved = err, true
		default:
			p.err = err
		}
	})
}

// byClass returns the files that were found, class by class, each in the order of all.
func byClass(all []sought, classes int) []file {
	next := make([]int, classes+1) // where the next file of a class goes
	for _, p := range all {
		if p.err == nil {
			next[p.label+1]++
		}
	}
	for k := range classes {
		next[k+1] += next[k]
	}
	files := make([]file, next[classes])
	for _, p := range all {
		if p.err == nil {
			files[next[p.label]] = p.file
			next[p.label]++
		}
	}
	return files
}

// file returns the name of a row's picture, cleaned: without the blanks around it, unless a file has them.
func (s *scanner) file(dir string, w row) string {
	name := filepath.Clean(filepath.FromSlash(w.name))
	bare := strings.TrimSpace(w.name)
	if bare == w.name {
		return name
	}
	plain := filepath.Clean(filepath.FromSlash(bare))
	if path := filepath.Join(dir, name); name != plain && (exists(path) || s.quarantined(path)) {
		return name
	}
	return plain
}

// check reports a row whose file, name when cleaned, is none within dir, or whose class cannot be one.
func (l labels) check(w row, name, dir string) error {
	switch {
	case w.name == "" || !filepath.IsLocal(name) || name == ".":
		return l.at(w.line, "the file %.200q; want the path of a picture within %s", w.name, dir)
	case !printable(w.class):
		return l.at(w.line, "the class %.200q; want a name that can be printed", w.class)
	}
	return nil
}

// stat describes a file; a folder is an error.
func stat(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory; want a picture", path)
	}
	return info, err
}

// missing is a row whose picture is not there; as an error it names the line.
type missing struct {
	row
	list string // the label file
	path string
	err  error
	like string // what similar says of it, where that was asked
}

func (m missing) Error() string {
	return fmt.Sprintf("%s:%d: %v%s", m.list, m.line, m.err, cmp.Or(m.like, "; put it there, or take the line out"))
}

// similar names the file beside path that has the same name but for case, blanks or normal form, as archives made on other systems
// have them; "" if there is none.
func similar(path string) string {
	entries, _ := os.ReadDir(filepath.Dir(path))
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	file := alike(filepath.Base(path), names)
	if file == "" {
		return ""
	}
	return fmt.Sprintf(" (there is %q: if that is the same, give both one name)", file)
}

// without refuses the pictures that are gone of so many rows of l, and says how many were moved away.
func (s *scanner) without(l listing, rows int, gone []missing, moved int) error {
	switch {
	case len(gone) > 1 && len(gone) == rows:
		return fmt.Errorf("%s: none of the %s that it labels is there: the first, in line %d, would be %s%s; paths are relative to %s",
			l.path, plural.Count(rows, "file"), gone[0].line, gone[0].path, gone[0].like, l.dir)
	case len(gone) > 0 && s.refuse == nil:
		return fmt.Errorf("%w; not there: %d of %s that it labels", gone[0], len(gone), plural.Count(len(l.rows), "file"))
	case moved > 0 && moved == rows:
		return fmt.Errorf("%s: all %s that it labels were moved to %s",
			l.path, plural.Count(moved, "picture"), filepath.Join(s.dir, quarantine))
	}
	for _, m := range gone {
		s.refuse(m.path, m)
	}
	if moved > 0 {
		s.say(fmt.Sprintf("%s: left out: %s that it labels, moved to %s", l.path, plural.Count(moved, "picture"), filepath.Join(s.dir, quarantine)))
	}
	return nil
}

// quarantined reports whether a file that is not there was moved away by Quarantine.
func (s *scanner) quarantined(path string) bool {
	rel, err := filepath.Rel(s.dir, path)
	return err == nil && exists(filepath.Join(s.dir, quarantine, rel))
}

// unlabelled says how many pictures in the folder of a label file, and below it, the file does not have.
func (s *scanner) unlabelled(l listing) {
	all, _, err := find(l.dir, s.found)
	if err != nil {
		return // which who reads the folder is told
	}
	within := strings.TrimSuffix(filepath.Join(l.dir, "x"), "x") // what the paths of all begin with
	left, first := 0, ""
	for _, path := range all {
		if _, has := l.first[strings.TrimPrefix(path, within)]; !has {
			if left++; left == 1 {
				first = path
			}
		}
	}
	if left > 0 {
		s.say(fmt.Sprintf("%s: left out: %s that %s does not label: %s ...", l.dir, plural.Count(left, "picture"), l.path, first))
	}
}
