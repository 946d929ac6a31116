package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/run"
)

// plugin builds the plugin of internal/pjrt's tests, which takes part in a training as a GPU does, but does not compute.
func plugin(t *testing.T, dir string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc here to build a plugin with")
	}
	out := filepath.Join(dir, "plugin.so")
	if text, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-o", out, "../../internal/pjrt/testdata/plugin.c", "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
	return out
}

// onDevice runs lgl with the plugin and a fault, and returns what it said and its exit code.
func onDevice(t *testing.T, dir, fault string, args ...string) (said string, code int) {
	t.Helper()
	cmd := lglCommand(t, dir, args...)
	wait := "30s" // for who is not silent, however busy the machine
	if strings.HasSuffix(fault, " hang") || strings.HasSuffix(fault, " never") {
		wait = "500ms"
	}
	cmd.Env = append(cmd.Env, "LGL_XLA_PLUGIN="+filepath.Join(dir, "plugin.so"), "LGL_XLA_WAIT="+wait, "PJRT_SHARED=1", "PJRT_FAULT="+fault)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if took := time.Since(began); took > time.Minute {
		t.Errorf("lgl took %v", took)
	}
	return string(out), exitCode(err)
}

// onDeviceArgs is a run of a few steps, with a checkpoint after each two.
var onDeviceArgs = []string{"train", "--data", "toy", "--model", "mlp", "--engine", "xla", "--threads", "1", "--epochs", "2",
	"--entropy-samples", "50", "--train-samples", "300", "--batch", "50", "--checkpoint-every", "2"}

// Whatever a device does in the middle of a run, it stops with one line that says so and exit code 1, and goes on from its
// checkpoint: on a device that works to the end of a run that was not stopped, to the bit, and on another engine.
func TestDeviceFails(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir)
	train := func(out, fault string) (string, int) {
		return onDevice(t, dir, fault, append(onDeviceArgs[:len(onDeviceArgs):len(onDeviceArgs)], "--out", out)...)
	}
	if said, code := train("whole", ""); code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
	whole := endOf(t, filepath.Join(dir, "whole"))
	for _, c := range []struct{ fault, want string }{
		{"execute 30 13", "xla: the device says INTERNAL: the device was lost"},
		{"execute 30 14", "xla: the device says UNAVAILABLE: the device was lost"},
		{"execute 30 lost", "xla: the device says INTERNAL: the device was lost"},
		{"execute 30 8", "xla: out of device memory: Out of memory while trying to allocate 12.00GiB"},
		{"execute 30 hang", "xla: the device does not answer: nothing in 500ms; if it was only slow, LGL_XLA_WAIT=1h waits longer"},
		{"execute 30 never", "xla: the device does not answer: nothing in 500ms"},
		{"compile 2 8", "xla: out of device memory"},
		{"compile 2 hang", "xla: the device does not answer: nothing in 3s"},
		{"put 40 13", "xla: the device says INTERNAL"},
		{"put 40 lost", "xla: the device says INTERNAL"},
		{"fetch 40 never", "xla: the device does not answer"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			out := strings.ReplaceAll(c.fault, " ", "-")
			said, code := train(out, c.fault)
			var lines []string
			for line := range strings.Lines(said) {
				if i := strings.Index(line, "go on with:"); i >= 0 || lines != nil {
					lines = append(lines, line)
				}
			}
			if code != exitFailure || len(lines) != 2 || !strings.HasPrefix(lines[1], "lgl: ") || !strings.Contains(lines[1], c.want) || strings.Contains(said, "panic") {
				t.Errorf("exit code %d: %s", code, said)
			}
			if err := exec.Command("cp", "-r", filepath.Join(dir, out), filepath.Join(dir, out+"-too")).Run(); err != nil {
				t.Fatal(err)
			}
			if said, code := onDevice(t, dir, "", "resume", out); code != 0 {
				t.Errorf("resumed on the device: exit code %d: %s", code, said)
			} else if end := endOf(t, filepath.Join(dir, out)); !reflect.DeepEqual(end, whole) {
				t.Errorf("resumed to another end:\n%v\nwant\n%v", end, whole)
			}
			if said, code := onDevice(t, dir, "create 1 13", "resume", out+"-too", "--engine", "reference", "--inexact"); code != 0 || !strings.Contains(said, "engine was xla, is reference") {
				t.Errorf("resumed without it: exit code %d: %s", code, said)
			}
		})
	}
}

// Runs that share a device too small for them say so.
func TestDeviceIsShared(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir)
	said, code := onDevice(t, dir, "execute 30 8", "paper", "table3", "--data", "glyphs", "--scale", "tiny", "--seeds", "1", "--engine", "xla", "--jobs", "2")
	if code != exitFailure || !strings.Contains(said, "out of device memory") || !strings.Contains(said, "hint: 2 runs share the device: --jobs 1 has it for one\n") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// largeArgs are a network and batches so large that their algorithms are timed, trainLargeArgs a run of them.
var (
	largeArgs      = []string{"--engine", "xla", "--model", "vgg16", "--width", "0.25", "--batch", "640"}
	trainLargeArgs = append([]string{"train", "--data", "glyphs", "--method", "baseline", "--epochs", "1", "--entropy-samples", "0", "--train-samples", "700", "--json"}, largeArgs...)
)

// Where the algorithms that a device is fastest with give other bits each time, lgl begins again by itself, some times.
func TestBeginsAgain(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir)
	t.Setenv("PJRT_RESTIVE", "xla_gpu_per_fusion_autotune_cache_dir")
	said, code := onDevice(t, dir, "", slices.Concat(trainLargeArgs, []string{"--out", "run"})...)
	if code != 0 || strings.Count(said, "begins again") != 1 || !strings.Contains(said, `"status":"done"`) || strings.Contains(said, "go on with:") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if said, code := onDevice(t, dir, "", slices.Concat(trainLargeArgs, []string{"--out", "second"})...); code != 0 || strings.Contains(said, "again") {
		t.Errorf("a second run: exit code %d: %s", code, said)
	}
	if said, code := onDevice(t, dir, "", append([]string{"bench", "step", "--steps", "1", "--classes", "9"}, largeArgs...)...); code != 0 || strings.Count(said, "begins again") != 1 {
		t.Errorf("exit code %d: %s", code, said)
	}
	t.Setenv(againVariable, strconv.Itoa(mostAgain))
	if said, code := onDevice(t, dir, "", append([]string{"bench", "step", "--steps", "1", "--classes", "8"}, largeArgs...)...); code != exitFailure || !strings.Contains(said, "begin again, and others are taken") {
		t.Errorf("begun again already: exit code %d: %s", code, said)
	}
}

// Where it cannot, since its file is gone, it says how to go on.
func TestCannotBeginAgain(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("no file of this process here to copy: ", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "lgl"), self, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := lglCommand(t, dir, slices.Concat(trainLargeArgs, []string{"--out", "a run"})...)
	cmd.Env = append(cmd.Env, "LGL_XLA_PLUGIN="+filepath.Join(dir, "plugin.so"), "PJRT_SHARED=1", "PJRT_RESTIVE=xla_gpu_per_fusion_autotune_cache_dir")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "lgl")); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(cmd.Wait()); code != exitFailure || !strings.Contains(said.String(), "cannot begin again by itself") || !strings.Contains(said.String(), "go on with: lgl resume 'a run'\n") {
		t.Errorf("exit code %d: %s", code, &said)
	}
}

// A device that cannot be had ends the command before it begins anything.
func TestNoDevice(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir)
	for fault, want := range map[string]string{
		"create 1 8":    "no device: Out of memory while trying to allocate 12.00GiB.; another process must hold its memory (nvidia-smi names it)",
		"create 1 14":   "no device: the device was lost",
		"create 1 hang": "no device: the device does not answer: nothing in 500ms; see whether nvidia-smi does",
	} {
		said, code := onDevice(t, dir, fault, append(onDeviceArgs[:len(onDeviceArgs):len(onDeviceArgs)], "--out", "none")...)
		if code != exitFailure || !strings.Contains(said, want) || !strings.Contains(said, "hint: --engine auto computes on the processor") {
			t.Errorf("%s: exit code %d: %s", fault, code, said)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "none")); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", fault, left, err)
		}
		if said, code := onDevice(t, dir, fault, "doctor"); code != 0 || !strings.Contains(said, want) {
			t.Errorf("%s: doctor, exit code %d: %s", fault, code, said)
		}
	}
}

// Who goes on with a run that began again sends its log where the command line said, which may hold credentials.
func TestResumptionKeepsServer(t *testing.T) {
	a := &app{json: true, outlets: run.OutletOptions{MLflow: "http://user:word@host"}}
	want := []string{"resume", "--checkpoint-every", "1m0s", "--json", "--mlflow", "http://user:word@host", "--", "a run"}
	if got := a.resumption("a run", every{time: time.Minute}); !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}
