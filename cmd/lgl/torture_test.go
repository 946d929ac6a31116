package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/record"
)

// often is how often a battery does something: many times in the long form (make torture), few
// otherwise.
func often(few, many int) int {
	if os.Getenv("LGL_TORTURE") != "" {
		return many
	}
	return few
}

// lglCommand returns a process of lgl, this test's binary under that name, that has not started.
func lglCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "lgl")
	if err := os.Symlink(self, bin); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "LGL_DNNL=/nonexistent/libdnnl.so.2")
	return cmd
}

// must runs lgl to its end and returns what it said.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := lglCommand(t, dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("lgl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tortured are the settings of the runs that are tortured: short stages, each of another kind, and a
// checkpoint after every step.
func tortured() map[string][]string {
	common := []string{"train", "--data", "toy", "--model", "mlp", "--threads", "1", "--checkpoint-every", "1", "--entropy-samples", "50", "--train-samples", "300", "--batch", "50"}
	return map[string][]string{
		"dissimilar": append(common[:len(common):len(common)], "--select", "dissimilar", "--epochs", "4", "--hidden", "2"),
		"spld":       append(common[:len(common):len(common)], "--method", "spld", "--epochs", "6", "--losses", "running"),
		"best":       append(common[:len(common):len(common)], "--carry", "best", "--val-fraction", "0.2", "--epochs", "4"),
	}
}

// endOf returns what a finished run leaves, but for what tells time: its events, and its weights by
// digest, which the events hold.
func endOf(t *testing.T, dir string) []record.Event {
	t.Helper()
	stamped, err := record.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []record.Event
	for _, s := range stamped {
		switch e := s.Event.(type) {
		case record.RunStarted:
			e.Run = ""
			all = append(all, e)
		case record.EpochEnded:
			e.Seconds, e.TrainSeconds, e.SelectSeconds = 0, 0, 0
			all = append(all, e)
		case record.RunEnded:
			e.Seconds, e.TrainSeconds, e.Resumed = 0, 0, 0
			all = append(all, e)
		default:
			all = append(all, e)
		}
	}
	return all
}

// kills counts what kill -9 met.
type kills struct{ all, began, saving, rotating, selecting, training int }

// meet looks at what a killed process left.
func (k *kills) meet(run string) {
	k.all++
	entries, err := os.ReadDir(filepath.Join(run, "checkpoints"))
	if err != nil || len(entries) == 0 {
		k.began++
		return
	}
	whole := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			if strings.TrimLeft(e.Name(), ".0") == "" || e.Name()[1:] < entries[len(entries)-1].Name() {
				k.rotating++
			} else {
				k.saving++
			}
			return
		}
		whole++
	}
	text, _ := os.ReadFile(filepath.Join(run, "events.jsonl"))
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	switch {
	case whole > checkpoint.Keep:
		k.rotating++
	case bytes.Contains(lines[len(lines)-1], []byte(`"type":"stage_ended"`)):
		k.selecting++
	default:
		k.training++
	}
}

// Killed at any time, and killed again while it is resumed, a run comes to the same end, to the bit.
func TestTortureKill(t *testing.T) {
	var k kills
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)) // other times each time: the seed is not what matters
	runs := often(1, 67)
	resumed := 0
	for name, args := range tortured() {
		dir := t.TempDir()
		begun := time.Now()
		must(t, dir, append(args, "--out", "whole")...)
		length := time.Since(begun)
		want := endOf(t, filepath.Join(dir, "whole"))
		for i := range runs {
			out := fmt.Sprint("run", i)
			run := filepath.Join(dir, out)
			next := append(args[:len(args):len(args)], "--out", out)
			for {
				cmd := lglCommand(t, dir, next...)
				var said bytes.Buffer
				cmd.Stderr = &said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(time.Duration(r.Int64N(int64(length))), func() { cmd.Process.Kill() })
				err := cmd.Wait()
				timer.Stop()
				if err == nil {
					break
				}
				if code := cmd.ProcessState.ExitCode(); code >= 0 {
					t.Fatalf("lgl %s: exit code %d: %s", strings.Join(next, " "), code, &said)
				}
				k.meet(run)
				if _, err := os.Stat(filepath.Join(run, "config.yaml")); err == nil {
					next = []string{"resume", out, "--checkpoint-every", "1"}
					resumed++
				} else if err := os.RemoveAll(run); err != nil { // it had not begun
					t.Fatal(err)
				}
			}
			if got := endOf(t, run); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, run %d: another end:\n%+v\nwant\n%+v", name, i, got, want)
			}
		}
	}
	t.Logf("%d runs of %d settings, %d kills: %d before the first checkpoint, %d within a save, %d within a rotation, %d within a choice of classes, %d elsewhere; %d resumed; %d of %d to the same bits",
		runs*len(tortured()), len(tortured()), k.all, k.began, k.saving, k.rotating, k.selecting, k.training, resumed, runs*len(tortured()), runs*len(tortured()))
}

// SIGTERM leaves a checkpoint and exit code 130, and the run goes on to the same end.
func TestTortureTerm(t *testing.T) {
	args := tortured()["dissimilar"]
	dir := t.TempDir()
	begun := time.Now()
	must(t, dir, append(args, "--out", "whole")...)
	length := time.Since(begun)
	want := endOf(t, filepath.Join(dir, "whole"))
	n, stopped := often(3, 50), 0
	for i := range n {
		out := fmt.Sprint("run", i)
		cmd := lglCommand(t, dir, append(args[:len(args):len(args)], "--out", out)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(length * time.Duration(i+1) / time.Duration(n+2))
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if _, err := os.Stat(filepath.Join(dir, out, "config.yaml")); err != nil {
			continue // stopped before it began
		}
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted && code != exitOK {
			t.Fatalf("exit code %d", code)
		} else if code == exitInterrupted {
			stopped++
		}
		must(t, dir, "resume", out)
		if got := endOf(t, filepath.Join(dir, out)); !reflect.DeepEqual(got, want) {
			t.Fatalf("run %d: another end:\n%+v\nwant\n%+v", i, got, want)
		}
	}
	t.Logf("%d times SIGTERM, %d stopped: resumed to the same bits", n, stopped)
}

// awaitCheckpoint waits until a run has made its second checkpoint, which may be gone again for a newer one, or is done.
func awaitCheckpoint(t *testing.T, run string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		all, err := filepath.Glob(filepath.Join(run, "checkpoints", "[0-9]*"))
		_, done := os.Stat(filepath.Join(run, "report.html"))
		if err != nil || done == nil || slices.ContainsFunc(all, func(path string) bool { return filepath.Base(path) > "000001" }) {
			return
		}
	}
	t.Fatalf("%s: no second checkpoint in a minute", run)
}

// Of processes that resume one run at once, one does, and the others say which.
func TestTortureTwice(t *testing.T) {
	args := tortured()["dissimilar"]
	dir := t.TempDir()
	must(t, dir, append(args, "--out", "whole")...)
	want := endOf(t, filepath.Join(dir, "whole"))
	n := often(3, 100)
	for i := range n {
		out := fmt.Sprint("run", i)
		cmd := lglCommand(t, dir, append(args[:len(args):len(args)], "--out", out)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitCheckpoint(t, filepath.Join(dir, out))
		cmd.Process.Kill()
		cmd.Wait()
		var both sync.WaitGroup
		var said [2]string
		var failed [2]error
		for p := range 2 {
			c := lglCommand(t, dir, "resume", out)
			both.Go(func() {
				text, err := c.CombinedOutput()
				said[p], failed[p] = string(text), err
			})
		}
		both.Wait()
		for p := range 2 {
			if failed[p] != nil && !strings.Contains(said[p], "another lgl works there, process ") {
				t.Fatalf("%v: %s", failed[p], said[p])
			}
		}
		if failed[0] != nil && failed[1] != nil {
			t.Fatalf("neither went on: %s\n%s", said[0], said[1])
		}
		if got := endOf(t, filepath.Join(dir, out)); !reflect.DeepEqual(got, want) {
			t.Fatalf("run %d: another end", i)
		}
	}
	t.Logf("%d pairs: one went on, the other was refused or came after", n)
}

// Where files may not grow beyond a limit, as on a full disk, a run fails loudly, and goes on to the
// same end when there is room.
func TestTortureFull(t *testing.T) {
	args := append(tortured()["dissimilar"], "--width", "4") // checkpoints of 100 kB
	dir := t.TempDir()
	must(t, dir, append(args, "--out", "whole")...)
	want := endOf(t, filepath.Join(dir, "whole"))
	n, failed := often(3, 20), 0
	for i := range n {
		out := fmt.Sprint("run", i)
		blocks := 1 + i*i*often(40, 1)/2 // of 1,024 bytes
		lgl := lglCommand(t, dir, append(args[:len(args):len(args)], "--out", out)...)
		cmd := exec.Command("bash", append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, blocks), lgl.Path}, lgl.Args[1:]...)...)
		cmd.Dir, cmd.Env = lgl.Dir, lgl.Env
		text, err := cmd.CombinedOutput()
		if err == nil {
			continue // there was room
		}
		failed++
		if code := cmd.ProcessState.ExitCode(); code != exitFailure && code != exitUsage || !strings.Contains(string(text), "file too large") {
			t.Fatalf("%d blocks: exit code %d: %s", blocks, code, text)
		}
		run := filepath.Join(dir, out)
		noTemporaries(t, run)
		if _, err := os.Stat(filepath.Join(run, "config.yaml")); err != nil {
			continue
		}
		must(t, dir, "resume", out)
		if got := endOf(t, run); !reflect.DeepEqual(got, want) {
			t.Fatalf("%d blocks: another end", blocks)
		}
	}
	t.Logf("%d limits, %d failed loudly; all to the same end", n, failed)
	if failed == 0 {
		t.Error("no limit was met")
	}
}

// noTemporaries reports a file or folder that was to get its name when it was whole.
func noTemporaries(t *testing.T, run string) {
	t.Helper()
	filepath.WalkDir(run, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), ".") && d.Name() != ".lock" && path != run {
			t.Errorf("%s is left", path)
		}
		return nil
	})
}

// Run directories may have any name that the file system takes.
func TestTortureNames(t *testing.T) {
	dir := t.TempDir()
	args := tortured()["dissimilar"]
	for _, name := range []string{"with spaces", "emoji 😀", "new\nline", "./-dash", "'quoted' \"twice\"", "tab\there", strings.Repeat("n", 255), ".hidden", "%s%n"} {
		cmd := lglCommand(t, dir, append(args[:len(args):len(args)], "--out", name)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, name, "checkpoints", "000003")); err == nil {
				break
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		must(t, dir, "resume", name)
		endOf(t, filepath.Join(dir, name))
	}
}

// A run whose directory goes away fails, and makes no other one.
func TestTortureRemoved(t *testing.T) {
	dir := t.TempDir()
	args := append(tortured()["dissimilar"], "--epochs", "4000", "--out", "run")
	cmd := lglCommand(t, dir, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	awaitCheckpoint(t, run)
	if err := os.Rename(run, run+"-moved"); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if err == nil || cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(said.String(), "no such file or directory") {
		t.Errorf("%v: %s", err, &said)
	}
	if _, err := os.Stat(run); err == nil {
		t.Error("the directory was made anew")
	}
	noTemporaries(t, run+"-moved/weights")
}
