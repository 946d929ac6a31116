package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What tags may be.
const (
	mostTags   = 20
	longestTag = 64 // characters
)

// checkTags holds the tags to what a list of runs can show.
func (c Config) checkTags() error {
	if n := len(c.Tags); n > mostTags {
		return fmt.Errorf("--tag: %d tags; want at most %d", n, mostTags)
	}
	for i, tag := range c.Tags {
		n := utf8.RuneCountInString(tag)
		printable := utf8.ValidString(tag) && !strings.ContainsFunc(tag, func(r rune) bool { return !unicode.IsPrint(r) })
		switch {
		case n == 0 || n > longestTag || !printable || strings.TrimSpace(tag) != tag:
			return fmt.Errorf("--tag %.200q: want 1 to %d printable characters, none of them a space at an end", tag, longestTag)
		case slices.Contains(c.Tags[:i], tag):
			return fmt.Errorf("--tag %q: stands twice", tag)
		}
	}
	return nil
}
