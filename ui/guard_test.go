package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// status returns that of the answer to a request with the given lines.
func (s host) status(first string, lines ...string) int {
	s.t.Helper()
	answer := s.raw(first + " HTTP/1.1\r\n" + strings.Join(append(lines, "Connection: close"), "\r\n") + "\r\n\r\n")
	status := 0
	_, _ = fmt.Sscanf(answer, "HTTP/1.1 %d", &status) // 0 for no answer
	return status
}

func TestGuard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	_, port, _ := strings.Cut(s.addr, ":")
	home := "Host: " + s.addr
	for _, c := range []struct {
		want  int
		first string
		lines []string
	}{
		{200, "GET /", []string{home}},
		{200, "GET /api/runs", []string{"Host: localhost:" + port}},
		{200, "GET /api/runs", []string{"Host: [::1]:" + port}},
		{200, "GET /api/runs", []string{home, "Origin: http://" + s.addr, "Sec-Fetch-Site: same-origin"}},
		{200, "GET /api/runs", []string{home, "Sec-Fetch-Site: none"}},
		{200, "HEAD /api/runs", []string{home}},
		{200, "GET http://" + s.addr + "/api/runs", []string{home}},
		// Names that a foreign site can point here, other ports, and what is no name.
		{421, "GET /", []string{"Host: evil.example"}},
		{421, "GET /", []string{"Host: evil.example:" + port}},
		{421, "GET /api/runs", []string{"Host: 127.0.0.1.evil.example:" + port}},
		{421, "GET /api/runs", []string{"Host: localhost.evil.example:" + port}},
		{421, "GET /api/runs", []string{"Host: localhost"}},
		{421, "GET /api/runs", []string{"Host: localhost:1"}},
		{421, "GET /api/runs", []string{"Host: 10.0.0.1:" + port}},
		{421, "GET /api/runs", []string{"Host: 0.0.0.0:" + port}},
		{421, "GET /api/runs", []string{"Host: [::]:" + port}},
		{421, "GET /api/runs", []string{"Host: 127.1:" + port}},
		{421, "GET /api/runs", []string{"Host: 2130706433:" + port}},
		{421, "GET /api/runs", []string{"Host: localhost.:" + port}},
		{421, "GET /api/runs", []string{"Host:"}},
		{421, "GET http://evil.example/api/runs", []string{home}},
		{400, "GET /api/runs", nil},                             // no Host at all
		{400, "GET /api/runs", []string{home, "Host: evil.ex"}}, // two
		// Other origins.
		{403, "GET /api/runs", []string{home, "Origin: http://evil.example"}},
		{403, "GET /api/runs", []string{home, "Origin: http://evil.example:" + port}},
		{403, "GET /api/runs", []string{home, "Origin: https://" + s.addr}},
		{403, "GET /api/runs", []string{home, "Origin: http://127.0.0.1"}},
		{403, "GET /api/runs", []string{home, "Origin: http://127.0.0.1:1"}},
		{403, "GET /api/runs", []string{home, "Origin: http://localhost:" + port}}, // another name is another origin
		{403, "GET /api/runs", []string{home, "Origin: null"}},
		{403, "GET /api/runs", []string{home, "Origin:"}},
		{403, "GET /api/runs", []string{home, "Origin: http://" + s.addr, "Origin: http://evil.example"}},
		{403, "GET /api/live", []string{home, "Sec-Fetch-Site: cross-site"}},
		{403, "GET /", []string{home, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}},
		{403, "GET /", []string{home, "Sec-Fetch-Site: same-site"}}, // another port of this machine
		{403, "GET /", []string{home, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}},
		{403, "GET /assets/index.html", []string{home, "Origin: http://evil.example"}},
		// Other methods.
		{405, "POST /api/runs", []string{home, "Content-Length: 0"}},
		{405, "PUT /api/runs", []string{home}},
		{405, "DELETE /api/runs", []string{home}},
		{405, "PATCH /", []string{home}},
		{405, "OPTIONS /api/runs", []string{home}},
		{405, "OPTIONS *", []string{home}},
		{405, "TRACE /", []string{home}},
		{405, "CONNECT " + s.addr, []string{home}},
		{405, "BREW /", []string{home}},
		{405, "get /", []string{home}},
		{400, "GET /api/runs", []string{home, "Content-Length: 5"}},
		{400, "GET /api/runs", []string{home, "Transfer-Encoding: chunked"}},
		// Too much.
		{431, "GET /api/runs", []string{home, "X: " + strings.Repeat("x", 100_000)}},
		{414, "GET /api/runs?" + strings.Repeat("x", 100_000), []string{home}},
	} {
		got := s.status(c.first, c.lines...)
		if got != c.want && !(c.want == 414 && got == 431) {
			t.Errorf("%.100s %.200q: status %d; want %d", c.first, c.lines, got, c.want)
		}
	}
	if answer := s.raw("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n"); !strings.Contains(answer, "use the same port at both ends") {
		t.Errorf("forwarded from another port: %s", answer)
	}
	if answer := s.raw("POST / HTTP/1.1\r\n" + home + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"); !strings.Contains(answer, "\r\nAllow: GET, HEAD\r\n") {
		t.Errorf("405 without Allow: %s", answer)
	}
}

// Every answer has the headers, whatever it is.
func TestHeaders(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	for _, path := range []string{"/", "/assets/index.html", "/api/runs", "/api/runs/" + idOf("run"), "/api/curves", "/none", "/api/runs/none"} {
		r, err := http.Get("http://" + s.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		for name, value := range headers {
			if got := r.Header.Get(name); got != value && !(name == "Cache-Control" && got == "no-cache") {
				t.Errorf("%s: %s is %q; want %q", path, name, got, value)
			}
		}
		if strings.Contains(path, "api") && r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", path, r.Header.Get("Content-Type"))
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "" || r.Header.Get("Set-Cookie") != "" || r.Header.Get("Server") != "" {
			t.Errorf("%s: headers %v", path, r.Header)
		}
	}
	for _, part := range strings.Split(policy, "; ") {
		if strings.Contains(part, "unsafe") || strings.Contains(part, "*") {
			t.Errorf("policy: %s", part)
		}
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %s lacks %s", policy, part)
		}
	}
	r, err := http.Get("http://" + s.addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if answer := s.raw("GET / HTTP/1.1\r\nHost: " + s.addr + "\r\nConnection: close\r\nIf-None-Match: " + r.Header.Get("ETag") + "\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 304 ") {
		t.Errorf("the page again: %.100s", answer)
	}
}

// traversals are ways to say "the file above".
var traversals = []string{
	"/../secret.txt", "/../../secret.txt", "/assets/../secret.txt", "/assets/../../secret.txt", "/assets/../ui.go", "/assets/./index.html",
	"/assets//index.html", "//assets/index.html", "/assets/%2e%2e/secret.txt", "/assets/%2e%2e%2fsecret.txt", "/assets/..%2fsecret.txt", "/assets/%2E%2E/%2E%2E/secret.txt",
	"/assets/..%5csecret.txt", "/assets/..\\secret.txt", "/assets/%2e%2e%5csecret.txt", "/assets/%252e%252e/secret.txt", "/assets/%252e%252e%252fsecret.txt", "/assets/%25252e%25252e/secret.txt",
	"/assets/..%c0%afsecret.txt", "/assets/%c0%ae%c0%ae/secret.txt", "/assets/..%e0%80%afsecret.txt", "/assets/..%ef%bc%8fsecret.txt", "/assets/%uff0e%uff0e/secret.txt", "/assets/....//secret.txt",
	"/assets/..;/secret.txt", "/assets/.%00./secret.txt", "/assets/index.html%00.png", "/assets/index.html%00", "/assets/..%00/secret.txt", "/assets/~root/secret.txt",
	"/assets/", "/assets", "/assets/index.html/", "/assets/index.html/..", "/assets%2findex.html", "/%61ssets/index.html",
	"/api/runs/..", "/api/runs/../../secret.txt", "/api/runs/%2e%2e", "/api/runs/run", "/api/runs/run%2fconfig.yaml", "/api/runs/..%2f..%2fsecret.txt",
	"/api/runs/ID/../../../secret.txt", "/api/runs/ID/config.yaml", "/api/runs/ID/events.jsonl", "/api/runs/ID/%2e%2e%2fsecret.txt", "/api/runs/ID/thumbnails.png/../config.yaml", "/api/runs/ID/./heat",
	"/api/runs/ID%00", "/api/runs/ID%2fheat", "/api/runs/ID//heat", "/api/runs/SECRET", "/api/curves?metric=top1&run=../secret", "/api/curves?metric=top1&run=SECRET", "/api/compare?run=..%2fsecret&run=SECRET",
	"/etc/passwd", "/file:///etc/passwd", "/api/runs//etc/passwd", "/api/runs/ID/confusion?stage=../../secret.txt", "/.git/config", "/C:/secret.txt", "/api/runs/\\\\host\\share",
}

// No request gives a file, whatever its path: those of the page by their exact names, and of the runs'
// directories none but the pictures.
func TestTraversal(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "runs")
	run := filepath.Dir(put(t, dir, "run", logOf(t, usual().tell())...))
	for _, p := range []string{filepath.Join(top, "secret.txt"), filepath.Join(dir, "secret.txt"), filepath.Join(run, "config.yaml"), filepath.Join(run, "secret.txt")} {
		if err := os.WriteFile(p, []byte("a SECRET word"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(t, top, "secret", logOf(t, tale{classes: []string{"a SECRET word"}, stages: 1, epochs: 1, status: "done"}.tell())...)
	s := serve(t, dir)
	if len(traversals) < 40 {
		t.Fatalf("%d traversals", len(traversals))
	}
	for _, path := range traversals {
		path = strings.NewReplacer("ID", idOf("run"), "SECRET", idOf("../secret")).Replace(path)
		answer := s.raw("GET " + path + " HTTP/1.1\r\nHost: " + s.addr + "\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 404 ") && !strings.HasPrefix(answer, "HTTP/1.1 400 ") {
			t.Errorf("%s: %.200s", path, answer)
		}
		if strings.Contains(answer, "SECRET") || strings.Contains(answer, "root:") {
			t.Errorf("%s gives a file: %s", path, answer)
		}
	}
}

// payloads are names that are markup, script, or break what quotes them.
var payloads = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`,
	`</script><script>alert(1)</script>`, `javascript:alert(1)`, `" onmouseover="alert(1)`, `' onfocus='alert(1)' autofocus='`, `<iframe src="javascript:alert(1)">`,
	`<a href="javascript:alert(1)">x</a>`, `<math><mtext><script>alert(1)</script>`, `<!--<script>-->alert(1)`, `]]><script>alert(1)</script>`, `{{constructor.constructor('alert(1)')()}}`,
	`${alert(1)}`, `\u003cscript\u003ealert(1)\u003c/script\u003e`, "\u2028alert(1)\u2029", `<style>@import 'http://evil.example/x.css'</style>`, `<base href="http://evil.example/">`,
	`<meta http-equiv="refresh" content="0;url=http://evil.example/">`, `<template><script>alert(1)</script></template>`, "<scr\x00ipt>alert(1)</scr\x00ipt>", `%3Cscript%3Ealert(1)%3C/script%3E`, "\r\nX-Evil: 1\r\n\r\n<script>alert(1)</script>",
}

// What a log says comes back as the same text, in JSON that holds no markup: neither as HTML, by
// mistake, nor in an error.
func TestPayloads(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i, p := range payloads {
		tale := usual()
		tale.classes, tale.tags = []string{p, "b" + p}, []string{p}
		tale.confuse = [][3]int{{0, 1, 1}}
		events := tale.tell()
		name := strings.NewReplacer("/", "∕", "\x00", "␀").Replace(p) // what a directory can be called
		names = append(names, name)
		put(t, dir, name, logOf(t, events)...)
		put(t, dir, name+string(rune('a'+i)), []byte(`{"type":"`), []byte(strings.ReplaceAll(p, `"`, "'")), []byte("\"}\n")) // and a log that is damaged so
	}
	s := serve(t, dir)
	runs := s.list()
	for i, name := range names {
		if runs[name] == nil {
			t.Errorf("no run is called %q", name)
			continue
		}
		id := runs[name]["id"].(string)
		var view struct {
			Data struct{ Classes []string }
			Run  struct{ Tags []string }
		}
		s.decode("/api/runs/"+id, &view)
		if view.Data.Classes[0] != payloads[i] || view.Run.Tags[0] != payloads[i] {
			t.Errorf("%q came back as %q", payloads[i], view)
		}
		for _, path := range []string{"", "/heat", "/confusion", "/none"} {
			s.checkJSON("/api/runs/" + id + path)
		}
		s.checkJSON("/api/curves?metric=top1&run=" + id)
		s.checkJSON("/api/compare?run=" + id + "&run=" + id)
	}
	for _, path := range []string{"/api/runs", "/api/curves?metric=%3Cscript%3Ealert(1)%3C/script%3E", "/api/curves?metric=top1&run=%3Cimg%3E", "/%3Cscript%3E", "/api/compare?run=%3Cb%3E&run=%22"} {
		s.checkJSON(path)
	}
}

// checkJSON holds an answer to JSON in which nothing is markup.
func (s host) checkJSON(path string) {
	s.t.Helper()
	r, err := http.Get("http://" + s.addr + path)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Body.Close()
	_, body := s.get(path)
	if r.Header.Get("Content-Type") != "application/json; charset=utf-8" || strings.ContainsAny(string(body), "<>&\u2028\u2029") || r.Header.Get("X-Evil") != "" {
		s.t.Errorf("%s: %v %.300s", path, r.Header, body)
	}
	if !json.Valid(body) {
		s.t.Errorf("%s: no JSON: %.300s", path, body)
	}
}
