package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/term"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/plural"
)

// The rules of output. Results go to stdout: text, or with --json one JSON object as the last
// line and nothing else. All else goes to stderr: a line per stage or cell, and on a terminal
// one line that shows progress in place. Colours appear on terminals only, and never with NO_COLOR.

// say writes a line to stderr, above the progress line.
func (a *app) say(line string) { a.screen.println(clean(line)) }

// result writes v as a line of JSON with --json, and otherwise calls text.
func (a *app) result(v any, text func(w io.Writer) error) error {
	a.screen.clear()
	if !a.json {
		return text(printable{a.stdout})
	}
	return json.NewEncoder(a.stdout).Encode(v)
}

// printable replaces control characters, which names of classes and files may hold, so that none
// reaches a terminal.
type printable struct{ w io.Writer }

func (p printable) Write(text []byte) (int, error) {
	if _, err := io.WriteString(p.w, clean(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// clean replaces control characters but line ends and tabs.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// checkedWriter remembers the first error of its writer, so that a full disk is not overlooked.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// failure returns the first error of a Write.
func (c *checkedWriter) failure() error {
	if c.err == nil {
		return nil
	}
	return fmt.Errorf("writing the output: %w", c.err)
}

// screen is stderr, with a progress line at its end if it is a terminal.
type screen struct {
	sync.Mutex
	w        io.Writer
	terminal *os.File // nil: not a terminal
	shown    bool     // a progress line stands
	last     time.Time
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && platform.SupportsEscapes(f) {
		s.terminal = f
	}
	return s
}

// progress shows line in place, at most ten times a second.
func (s *screen) progress(line string) {
	s.Lock()
	defer s.Unlock()
	if s.terminal == nil || time.Since(s.last) < 100*time.Millisecond {
		return
	}
	width, _, err := term.GetSize(int(s.terminal.Fd()))
	if err != nil || width < 2 {
		width = 80
	}
	if r := []rune(line); len(r) >= width {
		line = string(r[:width-1])
	}
	fmt.Fprintf(s.w, "\r%s\x1b[K", line)
	s.shown, s.last = true, time.Now()
}

// clear removes the progress line.
func (s *screen) clear() {
	s.Lock()
	defer s.Unlock()
	s.wipe()
}

// wipe is clear for who holds the lock.
func (s *screen) wipe() {
	if s.shown {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.shown = false
	}
}

func (s *screen) println(line string) {
	s.Lock()
	defer s.Unlock()
	s.wipe()
	fmt.Fprintln(s.w, line)
}

// red colours text.
func (s *screen) red(text string) string {
	if s.terminal == nil || os.Getenv("NO_COLOR") != "" {
		return text
	}
	return "\x1b[1;31m" + text + "\x1b[0m"
}

// bar draws a share of 0..1 as a bar of ten cells.
func bar(share float64) string {
	full := int(10*min(max(share, 0), 1) + 0.5)
	return strings.Repeat("█", full) + strings.Repeat("░", 10-full)
}

// duration rounds for people: 0.4s, 12s, 3m20s.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// count writes a number with commas between thousands; plural.Count what is counted, too.
func count[N int | int64](n N) string { return plural.Thousands(n) }
