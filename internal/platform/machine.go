package platform

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// Cores returns how many processor cores this process should use: those that it may run on, or fewer where its control
// group has a smaller share of the processors (docker run --cpus), or GOMAXPROCS is set to less. Of a share, whole ones
// count, and one at least: threads that wait for each other get no more out of a part of one. (Go's own GOMAXPROCS rounds
// up, and to two at least.)
func Cores() int {
	n := min(runtime.GOMAXPROCS(0), runtime.NumCPU())
	for _, dir := range ownGroups("cpu") {
		if share, ok := groupShare(dir); ok {
			n = min(n, max(1, int(share)))
		}
	}
	return n
}

// groupShare returns how many processors a control group (version 2, or 1) may use at once on average, if that is limited.
func groupShare(dir string) (float64, bool) {
	var quota, period float64
	text, _ := os.ReadFile(filepath.Join(dir, "cpu.max"))               // "150000 100000", or "max 100000" without a limit
	if _, err := fmt.Sscan(string(text), &quota, &period); err != nil { // of version 1; -1 without a limit
		old, _ := alone(dir, "cpu.cfs_quota_us")
		of, _ := alone(dir, "cpu.cfs_period_us")
		quota, period = float64(old), float64(of)
	}
	return quota / period, quota > 0 && period > 0
}

// Processor returns the processor's name as Linux tells it, elsewhere the architecture.
func Processor() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// ProcessorModel returns what tells processors of other speeds apart, of the first one: what Linux or Windows has of its
// family, model and revision.
func ProcessorModel() string {
	return processorModel("/proc/cpuinfo", os.Getenv("PROCESSOR_IDENTIFIER"))
}

// processorModel returns what cpuinfo, a file, has of the first processor, or else what Windows says.
func processorModel(cpuinfo, windows string) string {
	text, _ := os.ReadFile(cpuinfo) // nothing where there is none
	first, _, _ := strings.Cut(string(text), "\n\n")
	var words []string
	for line := range strings.Lines(first) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name", "cpu family", "model", "stepping", // x86
			"CPU implementer", "CPU variant", "CPU part", "CPU revision": // arm64
			words = append(words, strings.TrimSpace(value))
		}
	}
	return cmp.Or(strings.Join(words, "-"), windows, "unknown")
}

// PeakMemory returns the most memory that the process has held so far, in MiB; 0 where there is no
// /proc to tell.
func PeakMemory() int {
	return int(number("/proc/self/status", "VmHWM") >> 10)
}

// Available returns the bytes of memory that can be taken without others losing theirs, 0 if the
// system does not say: what Linux estimates, or what is left of the limit of a control group.
func Available() int64 {
	free := number("/proc/meminfo", "MemAvailable") << 10
	for _, dir := range ownGroups("memory") {
		if left, ok := groupLeft(dir, free); ok && (free == 0 || left < free) {
			free = left
		}
	}
	return free
}

// ownGroups returns the folders of the control groups by which a controller limits this process; none on other systems.
func ownGroups(controller string) []string {
	own, _ := os.ReadFile("/proc/self/cgroup")
	return groups(string(own), "/sys/fs/cgroup", controller)
}

// groups returns the folders, below root, of the control group by which a controller limits a process, by the text of its
// /proc/self/cgroup, and of those that the group lies in: lines are "0::path" in version 2, "4:cpu,memory:path" in version 1. In
// a container the path can be that of the host, of which nothing is there; the container's group is at root then.
func groups(own, root, controller string) (dirs []string) {
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) < 3 {
			continue
		}
		mount := root
		if slices.Contains(strings.Split(fields[1], ","), controller) {
			mount = path.Join(root, controller)
		} else if fields[1] != "" {
			continue
		}
		group := path.Clean("/" + fields[2]) // the "/.." of one outside of the container does not lead out of mount
		for ; group != "/"; group = path.Dir(group) {
			dirs = append(dirs, path.Join(mount, group))
		}
		dirs = append(dirs, mount)
	}
	return dirs
}

// groupLeft returns what is left of a limit of memory in a control group (version 2, or 1), in which the
// pages of files that were read, and the kernel's of their names, count as used until others need their place.
// These the kernel sums up anew for whoever asks, so that they are asked for only where less than enough is left
// without them; 0 is never enough.
func groupLeft(dir string, enough int64) (int64, bool) {
	limit, limited := alone(dir, "memory.max", "memory.limit_in_bytes") // "max" is no number, and no limit
	used, known := alone(dir, "memory.current", "memory.usage_in_bytes")
	left := limit - used
	if !limited || !known || enough > 0 && left >= enough {
		return max(left, 1), limited && known
	}
	stat := numbers(filepath.Join(dir, "memory.stat"))
	for _, pages := range []string{"active_file", "inactive_file", "slab_reclaimable"} {
		left += max(stat[pages], stat["total_"+pages]) // version 1 has those of the groups within in the total alone
	}
	return max(left, 1), true // 0 would be a system that does not say
}

// numbers reads a file of the kernel with a name and a number on each line; nothing where there is none.
func numbers(path string) map[string]int64 {
	text, _ := os.ReadFile(path)
	all := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[name], _ = strconv.ParseInt(value, 10, 64) // 0 where it is no number
	}
	return all
}

// alone returns the number that is all that the first of some files holds which is there.
func alone(dir string, names ...string) (int64, bool) {
	for _, name := range names {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
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
