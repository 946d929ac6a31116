package pjrt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A plugin in a Python package finds the libraries of the nvidia packages beside it, though neither
// its RPATH nor LD_LIBRARY_PATH leads to them; where there are none, the error says what to do.
func TestOpenPreloads(t *testing.T) {
	site := t.TempDir()
	name := filepath.Base(filepath.Dir(site)) // of this run: the linker keeps what it has loaded
	library := filepath.Join(site, "nvidia/cu13/lib", fmt.Sprintf("lib%s.so.1", name))
	plugin := filepath.Join(site, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")
	gcc(t, library, "int needed(void) { return 0; }", "-Wl,-soname,"+filepath.Base(library))
	gcc(t, plugin, "int needed(void); void *GetPjrtApi(void) { return needed() ? &needed : 0; }", library)
	hidden := filepath.Join(site, "hidden")
	if err := os.Rename(filepath.Join(site, "nvidia"), hidden); err != nil {
		t.Fatal(err)
	}
	_, err := Open(plugin, time.Minute)
	for _, want := range []string{plugin, filepath.Base(library), "LD_LIBRARY_PATH"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the library: %v; want %s", err, want)
		}
	}
	if err := os.Rename(hidden, filepath.Join(site, "nvidia")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(plugin, time.Minute); err == nil || !strings.Contains(err.Error(), "GetPjrtApi returned nothing") {
		t.Errorf("with the library: %v; want that it was loaded and its GetPjrtApi called", err)
	}
}

// gcc compiles C source to a shared library, as compile does.
func gcc(t *testing.T, out, source string, flags ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	file := out + ".c"
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	compile(t, out, file, flags...)
}
