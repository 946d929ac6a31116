package ui

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium returns the browser to test in. The test is skipped where there is none, and fails there
// if LGL_REQUIRE_CHROMIUM is 1.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("LGL_REQUIRE_CHROMIUM") == "1" {
		t.Fatal("no Chromium on the PATH, and LGL_REQUIRE_CHROMIUM is 1: install Debian's chromium")
	}
	t.Skip("no Chromium on the PATH: the page was not tested in a browser")
	return ""
}

// site is a server of runs, and a browser that looks at it.
type site struct {
	testing.TB
	root string // of the runs
	url  string
	stop func() // the server

	ctx context.Context
	*complaints
}

// complaints are what the browser said was wrong.
type complaints struct {
	mu   sync.Mutex
	bad  []string
	fine []string // parts of what it may say
}

// open serves root to a new browser. At the end of the test it must have had nothing to complain of.
func open(t testing.TB, root string) *site {
	t.Helper()
	browser := chromium(t)
	s := &site{TB: t, root: root, complaints: &complaints{}}
	l, err := ListenNear()
	if err != nil {
		t.Fatal(err)
	}
	s.serve(l)
	s.url = "http://" + l.Addr().String() + "/"
	if first := s.start(browser); first != nil {
		t.Logf("Chromium did not start, which happens, and is started once more: %v", first)
		if err := s.start(browser); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// start starts the browser.
func (s *site) start(browser string) error {
	home := s.TempDir()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(home),
		chromedp.Env("HOME="+home),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
		chromedp.WSURLReadTimeout(time.Minute), chromedp.WindowSize(1440, 900))
	alloc, endAlloc := chromedp.NewExecAllocator(s.Context(), flags...)
	ctx, endTab := chromedp.NewContext(alloc)
	ctx, endTime := context.WithTimeout(ctx, 10*time.Minute)
	end := func() {
		endTime()
		endTab()
		endAlloc()
	}
	err := chromedp.Listen(ctx, s.hear)
	if err == nil {
		_, err = chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	}
	if err != nil {
		end()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bad = nil
		return err
	}
	s.ctx = ctx
	s.Cleanup(func() {
		end()
		s.silent(s)
	})
	return nil
}

// serve starts the server on l.
func (s *site) serve(l net.Listener) {
	server, err := New(s.root)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ctx, l) // the error is ctx's
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := server.Close(); err != nil {
			s.Error(err)
		}
	})
	s.Cleanup(s.stop)
}

// hear notes errors: exceptions, console.error, and what the browser logs (a broken policy, a file that is not there).
func (s *site) hear(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, a := range e.Args {
				text += " " + string(a.Value) + a.Description
			}
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			text = fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text, " ", e.Entry.URL)
		}
	}
	if text != "" {
		s.mu.Lock()
		s.bad = append(s.bad, text)
		s.mu.Unlock()
	}
}

// run does things in the browser.
func (s *site) run(actions ...chromedp.Action[chromedp.Void]) {
	s.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.Fatal(err)
	}
}

// screen sets the size of the window.
func (s *site) screen(width, height int64) {
	s.Helper()
	var opts []chromedp.EmulateViewportOption
	if width < 500 {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	s.run(chromedp.EmulateViewport(width, height, opts...))
}

// dark asks for the dark of the system, or the light.
func (s *site) dark(on bool) {
	s.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}}
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, media); err != nil {
		s.Fatal(err)
	}
}

// visit opens an address behind the #, in a page that is loaded anew.
func (s *site) visit(hash string) {
	s.Helper()
	s.run(chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+hash))
	s.until(`document.getElementById("live").dataset.state === "live"`)
	s.settle()
}

// eval returns what JavaScript makes of an expression, which may be a promise.
func eval[T any](s *site, js string) T {
	s.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		s.Fatalf("%v, of %s", err, js)
	}
	return v
}

// patience is how long a condition may take; machines are slow when all tests run, and the slower they are,
// the longer the page gathers what is new: up to 20 s.
const patience = 40 * time.Second

// until waits for a condition.
func (s *site) until(js string) {
	s.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if eval[bool](s, "Boolean("+js+")") {
			return
		}
	}
	s.shot("failed "+filepath.Base(s.Name()), false)
	s.Fatalf("after %v it does not hold: %s\nthe page says: %.2000s", patience, js, eval[string](s, "document.body.innerText"))
}

// settle waits until the page has asked nothing of the server for a quarter of a second.
func (s *site) settle() {
	s.Helper()
	for quiet := 0; quiet < 5; time.Sleep(50 * time.Millisecond) {
		quiet++
		if eval[bool](s, `document.documentElement.hasAttribute("data-busy")`) {
			quiet = 0
		}
	}
}

// silent fails t for each complaint so far, and forgets them.
func (c *complaints) silent(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.bad {
		if !slices.ContainsFunc(c.fine, func(part string) bool { return strings.Contains(text, part) }) {
			t.Error("the browser says: " + text)
		}
	}
	c.bad = nil
}

// allow lets the browser say what has part in it: where the test itself breaks something.
func (c *complaints) allow(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fine = append(c.fine, part)
}

// shot saves what is seen, or the whole page, where LGL_SHOTS names a folder: for a person to look at.
func (s *site) shot(name string, whole bool) {
	s.Helper()
	if os.Getenv("LGL_SHOTS") == "" {
		return
	}
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(s.ctx, take)
	if err != nil {
		s.Fatal(err)
	}
	s.keep(name+".png", picture)
}

// keep saves a picture for a person to look at.
func (s *site) keep(name string, picture []byte) {
	s.Helper()
	if dir := os.Getenv("LGL_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")), picture, 0o644); err != nil {
			s.Fatal(err)
		}
	}
}

// id returns the id of a run by its name, as the page knows it.
func (s *site) id(name string) string {
	s.Helper()
	return idOf(name)
}
