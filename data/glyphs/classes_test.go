package glyphs

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// TestClasses: 100 names that differ whatever the case, fit in flags and file names, and say script
// and case of their character.
func TestClasses(t *testing.T) {
	scripts := map[string]*unicode.RangeTable{"digit": unicode.Nd, "latin": unicode.Latin, "greek": unicode.Greek, "cyrillic": unicode.Cyrillic}
	fit := regexp.MustCompile(`^[a-z]+(-[A-Za-z0-9]+)+$`)
	names, chars := map[string]bool{}, map[rune]bool{}
	for _, c := range classes {
		script, _, _ := strings.Cut(c.name, "-")
		if !fit.MatchString(c.name) || !unicode.Is(scripts[script], c.char) {
			t.Errorf("class %s is %c (%U)", c.name, c.char, c.char)
		}
		if unicode.IsLower(c.char) != strings.HasSuffix(c.name, "-small") {
			t.Errorf("class %s: its case is not that of %c", c.name, c.char)
		}
		names[strings.ToLower(c.name)], chars[c.char] = true, true
	}
	if len(names) != 100 || len(chars) != 100 || len(classNames()) != 100 || classNames()[99] != classes[99].name {
		t.Errorf("%d names and %d characters in %d classes; want 100", len(names), len(chars), len(classNames()))
	}
}

// TestSuperclasses: 5 to 20 of several classes each, none of two scripts.
func TestSuperclasses(t *testing.T) {
	members := make([]int, len(superclasses()))
	for i, c := range classes {
		k := superclass(i)
		members[k]++
		if script, _, _ := strings.Cut(c.name, "-"); !strings.HasPrefix(superclasses()[k], script) {
			t.Errorf("class %s is in %s", c.name, superclasses()[k])
		}
	}
	if len(members) < 5 || len(members) > 20 {
		t.Errorf("%d superclasses", len(members))
	}
	for k, n := range members {
		if n < 5 || n > 20 {
			t.Errorf("superclass %s has %d classes", superclasses()[k], n)
		}
	}
}
