package pjrt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every place is searched, the active environment's first, and a file that two paths lead to counts once. Folders may have
// names that would be patterns.
func TestFind(t *testing.T) {
	env, home := filepath.Join(t.TempDir(), "env[1]"), filepath.Join(t.TempDir(), "who[is]")
	want := []string{
		filepath.Join(env, "lib/python3.12/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so"),
		filepath.Join(env, "lib64/python3.11/site-packages/jax_plugins/xla_rocm60/xla_rocm_plugin.so"),
		filepath.Join(home, ".local/lib/python3.12/site-packages/jax_plugins/xla_cuda12/xla_cuda_plugin.so"),
		filepath.Join(home, ".local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so"),
		filepath.Join(home, ".pyenv/versions/3.13.1/lib/python3.13/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so"),
	}
	for _, path := range append(want, filepath.Join(env, "bin/python3")) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("python3.12", filepath.Join(env, "lib/python3")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VIRTUAL_ENV", env)
	t.Setenv("PATH", filepath.Join(env, "bin"))
	t.Setenv("HOME", home)
	found := slices.DeleteFunc(Find(), func(path string) bool { return strings.HasPrefix(path, "/usr/") })
	want[0] = filepath.Join(env, "lib/python3/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so") // the link comes first
	if !slices.Equal(found, want) {
		t.Errorf("found %q; want %q", found, want)
	}
}
