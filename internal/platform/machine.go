package platform

import (
	"bufio"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// Processor returns the processor's name as Linux tells it, elsewhere the architecture.
func Processor() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// PeakMemory returns the most memory that the process has held so far, in MiB; 0 where there is no
// /proc to tell.
func PeakMemory() int {
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

// Extensions lists the processor's instruction-set extensions, "avx2", in order.
func Extensions() []string {
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
