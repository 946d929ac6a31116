package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The README's examples work as they stand, one after the other, in an empty directory: the lines
// of its console blocks that begin with "$ lgl". Needs Fashion-MNIST, which make test installs.
func TestReadmeExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	examples := regexp.MustCompile(`(?m)^\$ lgl .*$`).FindAllString(string(text), -1)
	if len(examples) < 10 {
		t.Fatalf("the README has %d examples: %v", len(examples), examples)
	}
	for _, line := range examples {
		cmd := exec.Command("lgl", strings.Fields(line)[2:]...) // testscript.Main puts it on the path
		cmd.Dir = dir
		begun := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		t.Logf("%5.1f s  %s", time.Since(begun).Seconds(), line)
	}
}
