// Package plural writes how many things there are: 1 class, 1,234 classes; a, b, c and 97 more.
package plural

import (
	"slices"
	"strconv"
	"strings"
)

// Count returns "1 picture", "2 pictures", "1,234 classes".
func Count[N int | int64](n N, thing string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(thing, "s"):
		thing += "es"
	default:
		thing += "s"
	}
	return Thousands(n) + " " + thing
}

// Thousands returns n with commas: 1,234,567.
func Thousands[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// List returns names with commas between; of more than most the first of them, and how many are left.
func List(names []string, most int) string {
	if left := len(names) - most; left > 0 {
		return strings.Join(names[:most], ", ") + " and " + Thousands(left) + " more"
	}
	return strings.Join(names, ", ")
}

// HidesBlanks reports a name with a blank that could go unseen: one at an end, two together, or no plain space.
func HidesBlanks(name string) bool { return name != strings.Join(strings.Fields(name), " ") }

// mostNames is how many Names lists: what a person reads.
const mostNames = 20

// Names lists the names of classes, of many the first. One in which there is a comma, or that HidesBlanks, is quoted.
func Names(classes []string) string {
	words := make([]string, len(classes))
	for i, name := range classes {
		words[i] = name
		if strings.Contains(name, ",") || HidesBlanks(name) {
			words[i] = strconv.Quote(name)
		}
	}
	return List(words, mostNames)
}

// Without are those of the names that are not among others.
func Without(names, others []string) []string {
	known := map[string]bool{}
	for _, name := range others {
		known[name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return known[name] })
}
