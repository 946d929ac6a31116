package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// file writes text to a file of the given name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var garments = []string{"T-shirt/top", "1", "Ankle boot", "#", "yes"}

func TestLoadOrder(t *testing.T) {
	for text, want := range map[string]string{
		"1\n":                        "order.txt: 4 of 5 classes are missing: T-shirt/top, Ankle boot, #, yes",
		"1\ncat\n":                   `order.txt:2: unknown class "cat"; the data have T-shirt/top, 1,`,
		"1\nyes\n\n 1 \n":            `order.txt:4: class "1" stands there already in line 1`,
		"":                           "5 of 5 classes are missing",
		strings.Repeat("x", 100_000): `order.txt:1: unknown class "xxxxxxxxxx`,
		"1\n\xff\n":                  "order.txt:2: is not UTF-8; save it in that encoding",
	} {
		if order, err := LoadOrder(file(t, "order.txt", text), garments); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 500 {
			t.Errorf("%.40q: %v, %.500v; want an error with %q", text, order, err, want)
		}
	}
	order, err := LoadOrder(file(t, "order.txt", "\ufeff# best last\r\nAnkle boot\r\n\r\n  T-shirt/top\r\n#no\r\n#\r\nyes\r\n1"), garments)
	if err != nil || !slices.Equal(order, []int{2, 0, 3, 4, 1}) {
		t.Errorf("%v, %v", order, err)
	}
	if _, err := LoadOrder(filepath.Join(t.TempDir(), "none.txt"), garments); err == nil || !strings.Contains(err.Error(), "none.txt") {
		t.Errorf("%v", err)
	}
}

func TestLoadHierarchy(t *testing.T) {
	want := [][]int{{0, 4}, {2}, {1, 3}}
	for _, text := range []string{
		"upper: [T-shirt/top, yes]\nshoes: [Ankle boot]\nother: [1, \"#\"]\n",
		"# of clothes\nupper:\n  - T-shirt/top\n  - yes # a name\nshoes:\n- 'Ankle boot'\nother:\n- 1\n- '#'",
		"{a: [\"T-shirt/top\", \"yes\"], b: [Ankle boot], 3: [1, '#']}",
	} {
		if got, err := LoadHierarchy(file(t, "h.yaml", text), garments); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"a: [T-shirt/top, 1]\nb: [yes, '#']": "h.yaml: 1 of 5 classes are missing: Ankle boot",
		"a: [1, 1]":                          `h.yaml:1: class "1" stands there already in line 1`,
		"a: [1]\nb:\n- yes\n- 1\n":           `h.yaml:4: class "1" stands there already in line 1`,
		"a: [1]\nb: [cat]":                   `h.yaml:2: unknown class "cat"; the data have`,
		"a: 1":                               `h.yaml:1: superclass "a": want a list of class names`,
		"a: []":                              "want a list of class names",
		"a:":                                 "want a list of class names",
		"a: [[1]]":                           "want class names, found",
		"a: [1]\na: [yes]":                   "already defined",
		"- a":                                "want lines of the form",
		"":                                   "want lines of the form",
		"a: [":                               "h.yaml: [1:4]",
	} {
		if got, err := LoadHierarchy(file(t, "h.yaml", text), garments); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error with %q", text, got, err, want)
		}
	}
}

// A list of classes is read back as those that it was written for, whatever their names.
func TestClassLists(t *testing.T) {
	letters, numbers := []string{"a", "b", "c"}, []string{"1", "2", "3"}
	commas := []string{"Bags, large & small", "trouser", "a", "a,b", "b"}
	for _, c := range []struct {
		list    string
		classes []string
		want    []int
		written string
	}{
		{"b, 2", letters, []int{1, 2}, "1,2"},
		{"2,0", letters, []int{2, 0}, "2,0"},
		{"2,3", numbers, []int{1, 2}, "2,3"},
		{"0,3", numbers, []int{0, 2}, "1,3"},
		{"1", []string{"0", "1"}, []int{1}, "1"},
		{"trouser, Bags, large & small", commas, []int{1, 0}, "1,0"},
		{"a,b", commas, []int{3}, "3"}, // the longest name
		{"a, b", commas, []int{2, 4}, "2,4"},
	} {
		ks, err := ParseClasses(c.list, c.classes)
		if err != nil || !slices.Equal(ks, c.want) || ListClasses(ks, c.classes) != c.written {
			t.Errorf("%s of %v: %v, %v, written %s; want %v, %s", c.list, c.classes, ks, err, ListClasses(ks, c.classes), c.want, c.written)
		}
		if again, err := ParseClasses(c.written, c.classes); err != nil || !slices.Equal(again, ks) {
			t.Errorf("%s of %v: %v, %v; want %v", c.written, c.classes, again, err, ks)
		}
	}
	for list, want := range map[string]string{"x": `unknown class "x": want 0 to 2, or one of a, b, c`, "3": `"3"`, "-1": `"-1"`, "1,b": `class "b" stands twice`, "1,": `unknown class ""`} {
		if ks, err := ParseClasses(list, letters); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want an error with %q", list, ks, err, want)
		}
	}
}
