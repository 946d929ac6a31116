package main

import (
	"bufio"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/local-to-global/lgl/record"
)

// revision is set by the linker: -ldflags "-X main.revision=...".
var revision string

// build returns the revision that lgl was built from, "unknown" if nothing tells it.
func build() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if r := settings["vcs.revision"]; r != "" {
		if settings["vcs.modified"] == "true" {
			r += "-dirty"
		}
		return r
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "unknown"
}

// machine describes where lgl runs.
func machine() record.Machine {
	return record.Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}

// cpuModel returns the processor's name as Linux tells it, elsewhere the architecture.
func cpuModel() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// peakMB returns the most memory that the process has held so far, in MiB; 0 where there is no
// /proc to tell.
func peakMB() int {
	words := strings.Fields(field("/proc/self/status", "VmHWM"))
	if len(words) == 0 {
		return 0
	}
	kb, err := strconv.Atoi(words[0])
	if err != nil {
		return 0
	}
	return kb / 1024
}

// field returns the value of the first "name: value" line of a file, "" if there is none.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// cpuFeatures lists the processor's instruction-set extensions, "avx2", in order.
func cpuFeatures() []string {
	known := map[string]any{"amd64": cpu.X86, "arm64": cpu.ARM64, "ppc64le": cpu.PPC64, "s390x": cpu.S390X}
	features := []string{}
	v := reflect.ValueOf(known[runtime.GOARCH])
	if !v.IsValid() {
		return features
	}
	for i := range v.NumField() {
		name, has := strings.CutPrefix(v.Type().Field(i).Name, "Has")
		if has && v.Field(i).Kind() == reflect.Bool && v.Field(i).Bool() {
			features = append(features, strings.ToLower(name))
		}
	}
	slices.Sort(features)
	return features
}
