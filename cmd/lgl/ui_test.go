package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Where no port is free the hint is one that was not followed already.
func TestFreePort(t *testing.T) {
	for addr, want := range map[string]string{"": "--addr 127.0.0.1:0 takes any", "127.0.0.1:9000": "without --addr takes the next"} {
		if hint := freePort(addr); !strings.Contains(hint, want) {
			t.Errorf("--addr %q: %q", addr, hint)
		}
	}
}

// A command that the page names without JavaScript is one of lgl's.
func TestPageNamesCommands(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "ui", "assets", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`lgl ([a-z]+)`).FindAllSubmatch(regexp.MustCompile(`<noscript>.*</noscript>`).Find(page), -1)
	if len(named) == 0 {
		t.Fatal("the page names no command")
	}
	root := newApp(io.Discard, io.Discard).root()
	for _, m := range named {
		if cmd, _, err := root.Find([]string{string(m[1])}); err != nil || cmd == root {
			t.Errorf("lgl %s: %v", m[1], err)
		}
	}
}
