package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/term"

	"github.com/local-to-global/lgl/internal/failure"
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
	if !a.json {
		return text(printable{a.stdout})
	}
	return json.NewEncoder(a.stdout).Encode(v)
}

// oneFormat refuses --csv beside --json.
func (a *app) oneFormat(csv bool) error {
	if csv && a.json {
		return failure.Usage(errors.New("--csv with --json: want one of them"))
	}
	return nil
}

// csvLines returns what writes lines of CSV, below one that names their fields: for programs, so names stand in them as they are.
func (a *app) csvLines(names ...string) (line func(fields ...string) error, flush func() error) {
	w := csv.NewWriter(a.stdout)
	header := w.Write(names)
	return func(fields ...string) error { return errors.Join(header, w.Write(fields)) },
		func() error { w.Flush(); return w.Error() }
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

// checkedWriter is stdout: it remembers the first error, so that a full disk is not overlooked, and takes the progress
// line away, which may stand where the text goes.
type checkedWriter struct {
	w      io.Writer
	screen *screen
	wrote  bool // something, or tried to
	err    error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	c.screen.clear()
	c.wrote = true
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

// due reports whether progress would show a line: what is counted by the million is written out only then.
func (s *screen) due() bool {
	s.Lock()
	defer s.Unlock()
	return s.mayShow()
}

// mayShow is due for who holds the lock.
func (s *screen) mayShow() bool {
	return s.terminal != nil && time.Since(s.last) >= 100*time.Millisecond
}

// progress shows line in place, at most ten times a second.
func (s *screen) progress(line string) {
	s.Lock()
	defer s.Unlock()
	if !s.mayShow() {
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

// meter returns a function that shows how many of all things are done, how fast that goes and how long the rest takes; of an
// unknown number, 0, how many are done and how fast.
// What was done when it was first called, or when it was called with less than before, is not counted as work.
func (s *screen) meter(lead, thing string) func(done, all int) {
	var began time.Time
	first, last := 0, 0
	return func(done, all int) {
		if began.IsZero() || done < last {
			began, first = time.Now(), done
		}
		last = done
		if !s.due() {
			return
		}
		what := plural.Count(done, thing)
		if all > 0 {
			what = count(done) + " of " + plural.Count(all, thing)
		}
		s.progress(strings.TrimLeft(fmt.Sprintf("%s %s  %s", lead, what,
			pace(int64(done-first), int64(all-done), time.Since(began))), " "))
	}
}

// meters is meter with one lead after the other, each of which begins anew.
func (s *screen) meters(thing string) func(lead string, done, all int) {
	var show func(done, all int)
	of := ""
	return func(lead string, done, all int) {
		if show == nil || lead != of {
			show, of = s.meter(lead, thing), lead
		}
		show(done, all)
	}
}

// download is meter for the bytes of one file after the other.
func (s *screen) download() func(file string, done, total int64) {
	show := s.meters("byte")
	return func(file string, done, total int64) { show(file, int(done), int(total)) }
}

// pace says how fast done things were, and how long it takes to do those that are left, of which there are less than 0 where
// nobody knows; "" where that is not known yet.
func pace(done, left int64, spent time.Duration) string {
	if done <= 0 || spent <= 0 {
		return ""
	}
	rate := float64(done) / spent.Seconds()
	speed := strconv.FormatFloat(rate, 'g', 2, 64)
	if rate >= 10 {
		speed = count(int64(rate))
	}
	if left < 0 {
		return speed + "/s"
	}
	return fmt.Sprintf("%s/s  %s left", speed, seconds(remaining(done, left, spent)))
}

// remaining is how many seconds it takes to do what is left, where as many things as are done took spent.
func remaining(done, left int64, spent time.Duration) float64 {
	return spent.Seconds() * float64(left) / float64(max(done, 1))
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

// seconds is duration for seconds, of which there may be more than a time.Duration holds; many are days or years.
func seconds(s float64) string {
	const day, year = 24 * 3600, 365.25 * 24 * 3600
	switch {
	case s > 3*year:
		return fmt.Sprintf("%.3g years", s/year)
	case s > 4*day:
		return fmt.Sprintf("%.3g days", s/day)
	}
	return duration(time.Duration(s * float64(time.Second)))
}

// count writes a number with commas between thousands; plural.Count what is counted, too.
func count[N int | int64](n N) string { return plural.Thousands(n) }

// percent writes a share, of what is right, for people; files and --json have it from 0 to 1.
func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// percentOf is percent of a share that may not be known.
func percentOf(share *float64) string {
	if share == nil {
		return "-"
	}
	return percent(*share)
}

// inTable quotes what a terminal or a table should not be sent as it is.
func inTable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// inList is inTable for a name, and quotes one with blanks that would not be seen.
func inList(name string) string {
	if plural.HidesBlanks(name) {
		return strconv.Quote(name)
	}
	return inTable(name)
}
