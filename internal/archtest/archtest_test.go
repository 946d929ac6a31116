// Package archtest holds the module to docs/design.md: its imports to the table, the trainer to its
// size.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/local-to-global/lgl"
	root   = "../.."
)

// everyone may import these.
var everyone = []string{"internal/seed", "internal/atomicfile", "internal/steadyfile", "internal/plural", "internal/meant", "internal/shell", "internal/failure", "internal/platform"}

// TestImports checks every non-test Go file, whatever its build constraints.
func TestImports(t *testing.T) {
	table := readTable(t)
	seen := map[string]bool{}
	for pkg, imports := range importsOf(t) {
		may, ok := table[pkg]
		if !ok {
			t.Errorf("package %s is not in docs/design.md", pkg)
		}
		seen[pkg] = true
		for _, imp := range imports {
			if !slices.Contains(may, "all") && !slices.Contains(may, imp) && !slices.Contains(everyone, imp) {
				t.Errorf("package %s imports %s; docs/design.md allows it %v", pkg, imp, may)
			}
		}
	}
	for pkg := range table {
		if !seen[pkg] && pkg != "internal/archtest" {
			t.Errorf("docs/design.md lists %s; there is no such package", pkg)
		}
	}
}

// TestPureGo checks that nothing asks for cgo.
func TestPureGo(t *testing.T) {
	walk(t, func(path string) {
		if slices.Contains(fileImports(t, path), "C") {
			t.Errorf("%s imports C; the default build is pure Go", path)
		}
	})
}

// TestManual checks that what writes the manual pages is linked with the tag man only.
func TestManual(t *testing.T) {
	const doc = "github.com/spf13/cobra/doc"
	writers := 0
	walk(t, func(path string) {
		if !slices.Contains(fileImports(t, path), doc) {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(text), "//go:build man\n") {
			t.Errorf("%s imports %s without the tag man, %v: the binary would grow by a Markdown parser", path, doc, err)
		}
		writers++
	})
	if writers != 1 {
		t.Errorf("%d files import %s; want one", writers, doc)
	}
}

// TestTrainerSize holds package train, without its tests, to the lines that docs/design.md gives it.
func TestTrainerSize(t *testing.T) {
	m := regexp.MustCompile("`train` stays under ([0-9]+) lines").FindStringSubmatch(readDesign(t))
	if m == nil {
		t.Fatal("docs/design.md does not say under how many lines `train` stays")
	}
	limit, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	walk(t, func(path string) {
		if filepath.Dir(path) != filepath.Join(root, "train") {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(text), "\n")
	})
	if lines == 0 || lines >= limit {
		t.Errorf("package train has %d lines; want some, and under %d", lines, limit)
	}
}

// TestLibraryPage holds the Go code in docs/library.md to be part of examples that go test runs.
func TestLibraryPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/library.md"))
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, name := range []string{"train", "run", "curriculum", "record", "nn/onnx"} {
		text, err := os.ReadFile(filepath.Join(root, name, "example_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		examples.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 5 {
		t.Errorf("%d pieces of code", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(examples.String(), strings.TrimRight(b[1], "\n")) {
			t.Errorf("no example has the code\n%s", b[1])
		}
	}
}

// TestLinks checks that the pages in docs, and the README, link to files and headings that are there.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "record/FORMAT.md")) {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(read(t, page), -1) {
			links++
			file := page
			if m[1] != "" {
				file = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if m[2] != "" && !slices.Contains(anchors(read(t, file)), m[2]) {
				t.Errorf("%s: %s has no heading #%s", page, file, m[2])
			}
		}
	}
	if links < 20 {
		t.Errorf("%d links", links)
	}
}

// anchors are the names that GitHub gives the headings of a page.
func anchors(page string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(page, -1) {
		kept := regexp.MustCompile("[^a-z0-9_ -]").ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}

// read returns the file at path.
func read(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readDesign returns docs/design.md.
func readDesign(t *testing.T) string {
	return read(t, filepath.Join(root, "docs/design.md"))
}

// readTable returns what each package may import.
func readTable(t *testing.T) map[string][]string {
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\|[^|]*\\|([^|]*)\\|$")
	table := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(readDesign(t), -1) {
		table[m[1]] = strings.FieldsFunc(m[2], func(r rune) bool { return strings.ContainsRune(" ,`", r) })
	}
	if len(table) < 20 {
		t.Fatalf("docs/design.md: found %d packages in its table; want at least 20", len(table))
	}
	return table
}

// importsOf returns the module's own packages that each package imports.
func importsOf(t *testing.T) map[string][]string {
	all := map[string][]string{}
	walk(t, func(path string) {
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.ToSlash(rel)
		all[pkg] = append(all[pkg], nil...)
		for _, imp := range fileImports(t, path) {
			if own, ok := strings.CutPrefix(imp, module+"/"); ok {
				all[pkg] = append(all[pkg], own)
			}
		}
	})
	return all
}

// walk calls visit for every non-test Go file of the module.
func walk(t *testing.T, visit func(path string)) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fileImports returns the import paths of one file.
func fileImports(t *testing.T, path string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, imp := range f.Imports {
		p, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}
