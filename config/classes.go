package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/local-to-global/lgl/internal/plural"
)

// ParseClasses reads a list of classes, names or indices with commas between, and returns their indices. A word that is
// the name of a class means that class, also where it is a number; so do words that are, with their commas, the longest first.
func ParseClasses(list string, classes []string) ([]int, error) {
	r := newRoll("", classes)
	var ks []int
	there := make([]bool, len(classes))
	for words := strings.Split(list, ","); len(words) > 0; {
		var word string
		word, words = r.next(words)
		k, ok := r.index[word]
		if !ok {
			var err error
			if k, err = strconv.Atoi(word); err != nil || k < 0 || k >= len(classes) {
				return nil, fmt.Errorf("unknown class %q: want 0 to %d, or one of %s", word, len(classes)-1, plural.Names(classes))
			}
		}
		if there[k] {
			return nil, fmt.Errorf("class %q stands twice", word)
		}
		ks, there[k] = append(ks, k), true
	}
	return ks, nil
}

// next returns the first of the words of a list, with those behind it that make a class's name of it, and the others.
func (r *roll) next(words []string) (word string, left []string) {
	for n := min(len(words), 1+r.commas); n > 1; n-- {
		if word = strings.TrimSpace(strings.Join(words[:n], ",")); r.known(word) {
			return word, words[n:]
		}
	}
	return strings.TrimSpace(words[0]), words[1:]
}

// ListClasses writes classes as ParseClasses reads them back: as indices, by which runs are compared whatever their user
// wrote, or, where an index is the name of another class, as names.
func ListClasses(ks []int, classes []string) string {
	indices, names := make([]string, len(ks)), make([]string, len(ks))
	for i, k := range ks {
		indices[i], names[i] = strconv.Itoa(k), classes[k]
	}
	list := strings.Join(indices, ",")
	if again, err := ParseClasses(list, classes); err != nil || !slices.Equal(again, ks) {
		return strings.Join(names, ",")
	}
	return list
}

// LoadOrder reads the order in which classes enter: their names, one a line; empty lines and
// lines that begin with # and are no class's name are passed over. Each of the classes must be there once. It returns
// their indices.
func LoadOrder(path string, classes []string) ([]int, error) {
	text, err := readText(path, mostNames)
	if err != nil {
		return nil, err
	}
	r := newRoll(path, classes)
	var order []int
	line := 0
	for name := range strings.Lines(string(text)) {
		line++
		if name = strings.TrimSpace(name); name == "" || name[0] == '#' && !r.known(name) {
			continue
		}
		k, err := r.call(name, line)
		if err != nil {
			return nil, err
		}
		order = append(order, k)
	}
	return order, r.absent()
}

// LoadHierarchy reads a YAML file with the names of the classes of each superclass,
//
//	vehicles: [car, truck]
//	animals:
//	  - cat
//	  - dog
//
// Each of the classes must be there once. It returns the indices of each superclass's classes.
func LoadHierarchy(path string, classes []string) ([][]int, error) {
	text, err := readText(path, mostNames)
	if err != nil {
		return nil, err
	}
	file, err := parseYAML(path, text)
	if err != nil {
		return nil, err
	}
	r := newRoll(path, classes)
	var groups [][]int
	for _, d := range file.Docs {
		for _, entry := range entries(d.Body) {
			group, err := r.group(entry)
			if err != nil {
				return nil, err
			}
			groups = append(groups, group)
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf(`%s: want lines of the form "superclass: [class, class]"`, path)
	}
	return groups, r.absent()
}

// entries returns the entries of a mapping, nil for anything else.
func entries(n ast.Node) []*ast.MappingValueNode {
	if m, ok := n.(*ast.MappingNode); ok {
		return m.Values
	}
	return nil
}

// roll calls the names of classes: each must be known, and come once.
type roll struct {
	path    string
	classes []string
	index   map[string]int // of a class
	commas  int            // in a name, at most
	line    map[string]int // where a class was called
}

func newRoll(path string, classes []string) *roll {
	r := &roll{path: path, classes: classes, index: map[string]int{}, line: map[string]int{}}
	for k, name := range slices.Backward(classes) {
		r.index[name], r.commas = k, max(r.commas, strings.Count(name, ","))
	}
	return r
}

func (r *roll) known(name string) bool { _, ok := r.index[name]; return ok }

// group calls the classes of one superclass.
func (r *roll) group(entry *ast.MappingValueNode) ([]int, error) {
	key := entry.Key.GetToken()
	list, ok := entry.Value.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return nil, fmt.Errorf("%s:%d: superclass %.80q: want a list of class names", r.path, key.Position.Line, key.Value)
	}
	var group []int
	for _, v := range list.Values {
		line := v.GetToken().Position.Line
		name, ok := scalar(v)
		if !ok {
			return nil, fmt.Errorf("%s:%d: superclass %.80q: want class names, found %.80s", r.path, line, key.Value, name)
		}
		k, err := r.call(name, line)
		if err != nil {
			return nil, err
		}
		group = append(group, k)
	}
	return group, nil
}

// call returns the index of a class.
func (r *roll) call(name string, line int) (int, error) {
	k, ok := r.index[name]
	if !ok {
		return 0, fmt.Errorf("%s:%d: unknown class %.80q; the data have %s", r.path, line, name, plural.List(r.classes, 10))
	}
	if before := r.line[name]; before > 0 {
		return 0, fmt.Errorf("%s:%d: class %q stands there already in line %d", r.path, line, name, before)
	}
	r.line[name] = line
	return k, nil
}

// absent reports the classes that were not called.
func (r *roll) absent() error {
	missing := slices.DeleteFunc(slices.Clone(r.classes), func(name string) bool { return r.line[name] > 0 })
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d of %d classes are missing: %s", r.path, len(missing), len(r.classes), plural.List(missing, 10))
}
