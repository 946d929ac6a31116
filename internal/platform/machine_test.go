package platform

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func TestField(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status")
	text := "model name\t: One Two: 3\nVmHWM:\t  2048 kB\nVmHWM:\t 1 kB\nempty:\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"model name": "One Two: 3", "VmHWM": "2048 kB", "empty": "", "file": ""} {
		if got := field(path, name); got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	for name, want := range map[string]int64{"model name": 0, "VmHWM": 2048, "empty": 0, "file": 0} {
		if got := number(path, name); got != want {
			t.Errorf("%s: %d; want %d", name, got, want)
		}
	}
	if got := field(filepath.Join(t.TempDir(), "none"), "VmHWM"); got != "" {
		t.Errorf("%q of a file that is not there", got)
	}
}

// The model of a processor is that of the first one; names of files have the one of x86, which must stay as it is.
func TestProcessorModel(t *testing.T) {
	x86 := "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\ncpu MHz\t\t: 2096.026\n\n" +
		"processor\t: 1\nmodel\t\t: 3\n"
	arm := "processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\nprocessor\t: 1\n"
	windows := "Intel64 Family 6 Model 85 Stepping 7, GenuineIntel"
	for _, c := range []struct{ cpuinfo, windows, want string }{
		{x86, "", "26-2-AMD EPYC-1"}, {arm, "", "0x41-0x3-0xd0c-1"}, {"", windows, windows}, {"processor\t: 0\n", "", "unknown"}, {x86, windows, "26-2-AMD EPYC-1"},
	} {
		path := filepath.Join(t.TempDir(), "cpuinfo")
		if err := os.WriteFile(path, []byte(c.cpuinfo), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := processorModel(path, c.windows); got != c.want {
			t.Errorf("%q; want %q", got, c.want)
		}
	}
	if got := processorModel(filepath.Join(t.TempDir(), "none"), ""); got != "unknown" {
		t.Errorf("%q where there is nothing", got)
	}
}

func TestGroupLeft(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := groupLeft(dir, 0); ok {
		t.Error("a limit where there is no file")
	}
	write("memory.max", "max\n")
	write("memory.current", "300\n")
	if _, ok := groupLeft(dir, 0); ok {
		t.Error("a limit of max")
	}
	write("memory.max", "1000\n")
	if left, ok := groupLeft(dir, 0); !ok || left != 700 {
		t.Errorf("%d, %v; want 700", left, ok)
	}
	write("memory.max", "200\n") // made smaller than what is used
	if left, ok := groupLeft(dir, 0); !ok || left != 1 {
		t.Errorf("%d, %v; want 1, nothing being what is not known", left, ok)
	}
	write("memory.max", "1000\n")
	write("memory.stat", "anon 100\nfile 200\nshmem 50\ninactive_file 30\nactive_file 120\nunevictable 0\nslab_reclaimable 40\nslab_unreclaimable 10\n")
	if left, ok := groupLeft(dir, 0); !ok || left != 890 {
		t.Errorf("%d, %v, with 150 of files that were read and 40 of their names; want 890", left, ok)
	}
	if left, ok := groupLeft(dir, 700); !ok || left != 700 {
		t.Errorf("%d, %v; want the 700 that are enough, whatever the files take", left, ok)
	}
}

// Version 1 has other names, no word for no limit, and the files of the groups within in a total.
func TestGroupLeftOfVersion1(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"memory.limit_in_bytes": "1000\n", "memory.usage_in_bytes": "300\n", "memory.stat": "cache 200\nactive_file 1\ninactive_file 2\ntotal_active_file 120\ntotal_inactive_file 30\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if left, ok := groupLeft(dir, 0); !ok || left != 850 {
		t.Errorf("%d, %v; want 850", left, ok)
	}
}

// A process is limited by its own group and all that this lies in, which in a container are at the root.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		own  string
		want []string
	}{
		{"", nil},
		{"0::/\n", []string{"/g"}},
		{"0::/user.slice/run:1.scope\n", []string{"/g/user.slice/run:1.scope", "/g/user.slice", "/g"}},
		{"0::/../other\n", []string{"/g/other", "/g"}},
		{"12:cpu,cpuacct:/a\n4:memory:/docker/1\n1:name=systemd:/b\n", []string{"/g/memory/docker/1", "/g/memory/docker", "/g/memory"}},
		{"3:hugetlb,memory:/\n0::/\n", []string{"/g/memory", "/g"}},
		{"damaged\n", nil},
	} {
		if got := groups(c.own, "/g", "memory"); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q; want %q", c.own, got, c.want)
		}
	}
}

// What Linux tells of memory is read here as it is there.
func TestMemoryOfTheMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	if Available() < 1<<20 || PeakMemory() < 1 {
		t.Errorf("%d bytes available, %d MiB held at most", Available(), PeakMemory())
	}
}

// The share of processors is that of version 2, or 1, of control groups, where there is a limit.
func TestGroupShare(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		want  float64
		ok    bool
	}{
		{map[string]string{"cpu.max": "150000 100000\n"}, 1.5, true},
		{map[string]string{"cpu.max": "max 100000\n"}, 0, false},
		{map[string]string{"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}, 0.5, true},
		{map[string]string{"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, 0, false},
		{map[string]string{"cpu.cfs_quota_us": "50000\n"}, 0, false},
		{map[string]string{"cpu.max": "a b"}, 0, false},
		{nil, 0, false},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, ok := groupShare(dir); ok != c.ok || ok && got != c.want {
			t.Errorf("%v: %v, %v; want %v, %v", c.files, got, ok, c.want, c.ok)
		}
	}
}
