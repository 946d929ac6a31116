package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file of settings, and one with the names of classes, may have: 100,000 names of twenty
// letters take half of it.
const (
	mostSettings = 64 << 10
	mostNames    = 4 << 20
)

// The YAML parser's time grows with the square of how deep lists and mappings stand in each other,
// its memory by about 500 bytes for each of the marks that YAML knows.
const (
	mostDepth = 20
	mostMarks = 500_000
	marks     = "[]{},:-?&*!|>'\"%@`#\n"
)

// readText reads a text file of at most most bytes, which may also be a pipe; a byte-order mark,
// which some editors write, is left out.
func readText(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err // which names the file
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s: is longer than %d bytes; want a text file of at most as many", path, most)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s:%d: is not UTF-8; save it in that encoding", path, 1+bytes.Count(valid(text), []byte("\n")))
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// valid returns the part of text that is UTF-8.
func valid(text []byte) []byte {
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			return text[:at]
		}
		at += n
	}
	return text
}

// parseYAML parses the text of the file at path, an error names it.
func parseYAML(path string, text []byte) (*ast.File, error) {
	if n := count(text, marks); n > mostMarks {
		return nil, fmt.Errorf("%s: has %d of the marks %q; want at most %d", path, n, marks, mostMarks)
	}
	if line := tooDeep(lexer.Tokenize(string(text))); line > 0 {
		return nil, fmt.Errorf("%s:%d: lists and mappings stand more than %d deep in each other", path, line, mostDepth)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %.1000s", path, yaml.FormatError(err, false, false))
	}
	return file, nil
}

// count returns how many bytes of text are among those of set.
func count(text []byte, set string) (n int) {
	for _, b := range text {
		if strings.IndexByte(set, b) >= 0 {
			n++
		}
	}
	return n
}

// tooDeep returns the line in which the depth of brackets, or the number of dashes and question marks
// that begin an entry, exceeds mostDepth; 0 if none does.
func tooDeep(tokens token.Tokens) (line int) {
	open, entries := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open = max(open-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		}
		if t.Position.Line != line {
			line, entries = t.Position.Line, min(entries, 1)
		}
		if open > mostDepth || entries > mostDepth {
			return line
		}
	}
	return 0
}
