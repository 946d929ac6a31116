package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// scripts would run a script, each in its own way, in a page that takes names for markup.
var scripts = []string{
	`<script>pwned()</script>`,
	`<img src=x onerror=pwned()>`,
	`<svg onload=pwned()>`,
	`"><script>pwned()</script>`,
	`'><img src=x onerror=pwned()>`,
	`" onmouseover="pwned()" x="`,
	`' onfocus='pwned()' autofocus='`,
	`javascript:pwned()`,
	`</title><script>pwned()</script>`,
	`</textarea><script>pwned()</script>`,
	`<iframe srcdoc="<script>parent.pwned()</script>">`,
	`<a href="javascript:pwned()">x</a>`,
	`<details open ontoggle=pwned()>`,
	`<body onload=pwned()>`,
	`<input autofocus onfocus=pwned()>`,
	`<style>@import "javascript:pwned()"</style>`,
	`<math><mtext><img src=x onerror=pwned()></mtext></math>`,
	`{{constructor.constructor('pwned()')()}}`,
	"${pwned()}`;pwned();//",
	`&lt;script&gt;pwned()&lt;/script&gt;<!--<img src="--><img src=x onerror=pwned()>`,
}

// TestBrowserHostile shows runs whose every name is a script.
func TestBrowserHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for ten seconds")
	}
	t.Parallel() // it waits for the page most of the time
	root := t.TempDir()
	for i, p := range scripts {
		name := strings.ReplaceAll(p, "/", "⁄")
		sketch{dir: name, label: p, method: "lgl", data: p, model: p, classes: scripts, kin: 5, stages: 2, epochs: 3, seed: uint64(i), status: "failed", reason: p, warn: p, tags: []string{p}, scores: true, tiles: i == 0}.write(t, root)
	}
	s := open(t, root)
	s.screen(1440, 900)
	safe := func(where string) {
		t.Helper()
		if n := eval[int](s, `document.querySelectorAll('body script, body iframe, body svg [onload], body [onerror], body [onfocus], body [onmouseover], main style, a[href^="javascript"]').length`); n > 0 {
			t.Errorf("%s has %d elements made from names", where, n)
		}
		want(s, `typeof pwned + location.pathname`, "undefined/")
	}
	s.visit("#/")
	want(s, `document.querySelectorAll(".row").length`, len(scripts))
	for i, p := range scripts {
		name := strings.ReplaceAll(p, "/", "⁄")
		row := fmt.Sprintf(`document.querySelector('.row[data-id="%s"]')`, s.id(name))
		want(s, row+`.querySelector(".row-name").textContent`, name)
		want(s, row+`.querySelector(".tag").textContent`, p)
		if i == 0 {
			want(s, row+`.querySelector(".row-what").textContent`, p+" · "+p)
			want(s, row+`.querySelector(".row-label").textContent`, p)
		}
	}
	safe("the list")
	s.hover(".curves .u-over", .5, .5)
	s.run(chromedp.Click(chromedp.CSS(".chip:last-child"))) // a tag, into the search and the address
	s.until(`document.querySelectorAll(".row").length < 20 && document.querySelectorAll(".row").length > 0`)
	safe("the list, searched for a tag")
	id := s.id(scripts[1])
	for _, section := range []string{"curves", "timeline", "entropy", "confusion", "classes", "neighbours", "config"} {
		s.visit("#/run/" + id + "/" + section)
		safe("section " + section)
	}
	want(s, `document.querySelector("h1").textContent`, scripts[1])
	s.until(`document.querySelectorAll("#s-classes tbody th").length === 20`)
	for i, p := range scripts {
		want(s, fmt.Sprintf(`document.querySelectorAll("#s-classes tbody th")[%d].textContent.trim()`, i), p)
	}
	s.visit("#/compare?runs=" + id + "," + s.id(scripts[2]))
	want(s, `[...document.querySelectorAll(".compare-table a")].map(a => a.textContent).join("|")`, scripts[1]+"|"+scripts[2])
	safe("the comparison")
	s.allow("404 (Not Found)")
	for _, p := range append([]string{"constructor", "__proto__", "toString"}, scripts...) {
		for _, hash := range []string{"#/run/" + strings.ReplaceAll(p, "/", "%2F") + "/" + p, "#/?q=" + p + "&metric=" + p + "&x=" + p + "&sort=" + p + "&sel=" + p + "&from=" + p} {
			eval[bool](s, fmt.Sprintf(`(location.hash = %q) !== ""`, hash))
			s.settle()
		}
		safe("the address " + p)
		want(s, `document.querySelector(".chart h3").textContent`, "Test accuracy, all classes")
	}
}

// TestBrowserPolicy breaks the page's policy, to see that the browser upholds it and that the other
// tests would hear of it.
func TestBrowserPolicy(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for three seconds")
	}
	s := open(t, t.TempDir())
	s.visit("#/")
	want(s, `document.querySelector(".list").dataset.none.startsWith("No runs here yet")`, true)
	for _, js := range []string{
		`document.body.insertAdjacentHTML("beforeend", "<img src=data:, onerror='window.pwned = 1'>")`,
		`document.body.appendChild(Object.assign(document.createElement("script"), {textContent: "window.pwned = 1"}))`,
		`document.body.setAttribute("style", "display: none")`,
		`document.body.appendChild(Object.assign(document.createElement("iframe"), {src: "https://example.org/"}))`,
		`fetch("https://example.org/").catch(() => 0)`,
	} {
		eval[bool](s, `Promise.resolve(`+js+`).then(() => true)`)
		s.until(`true`)
	}
	s.settle()
	want(s, `typeof pwned + getComputedStyle(document.body).display`, "undefinedblock")
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, text := range s.bad {
		if strings.Contains(text, "Content Security Policy") {
			n++
		}
	}
	if n < 5 {
		t.Errorf("the browser told of %d breaches of the policy; want 5: %q", n, s.bad)
	}
	s.bad = nil
}
