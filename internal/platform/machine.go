package platform

import (
	"bufio"
	"os"
	"path/filepath"
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
	return int(number("/proc/self/status", "VmHWM") >> 10)
}

// Available returns the bytes of memory that can be taken without others losing theirs, 0 if the
// system does not say: what Linux estimates, or what is left of the control group's limit.
func Available() int64 {
	free := number("/proc/meminfo", "MemAvailable") << 10
	if left, ok := groupLeft("/sys/fs/cgroup"); ok && (free == 0 || left < free) {
		free = left
	}
	return free
}

// groupLeft returns what is left of a limit of memory in a control group (version 2), in which the
// pages of files that were read count as used until others need their place.
func groupLeft(dir string) (int64, bool) {
	alone := func(name string) (int64, error) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	limit, err1 := alone("memory.max") // "max" is no number, and no limit
	used, err2 := alone("memory.current")
	stat := filepath.Join(dir, "memory.stat")
	left := limit - used + number(stat, "active_file") + number(stat, "inactive_file")
	return max(left, 1), err1 == nil && err2 == nil // 0 would be a system that does not say
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

// number returns the number that a field begins with, 0 if there is none.
func number(path, name string) int64 {
	text, _, _ := strings.Cut(field(path, name), " ")
	n, _ := strconv.ParseInt(text, 10, 64) // 0 where it is no number
	return n
}

// field returns the value of the first "name: value" or "name value" line of a file, "" if
// there is none.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			key, value, ok = strings.Cut(lines.Text(), " ") // as in memory.stat
		}
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
