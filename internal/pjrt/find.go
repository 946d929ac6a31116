package pjrt

import (
	"os"
	"os/exec"
	"path/filepath"
)

// Find returns the plugins for GPUs that lie where Python's package installer puts them, in the
// environment of the python3 on the path first, without running anything.
func Find() []string {
	var found []string
	for _, root := range roots() {
		for _, site := range []string{"lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages"} {
			for _, plugin := range []string{"jax_plugins/xla_cuda*/xla_cuda_plugin.so", "jax_plugins/xla_rocm*/xla_rocm_plugin.so"} {
				paths, _ := filepath.Glob(filepath.Join(root, site, plugin)) // the pattern is good
				found = append(found, paths...)
			}
		}
	}
	return found
}

// roots are the directories below which Python packages lie.
func roots() []string {
	list := []string{}
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		list = append(list, env)
	}
	if python, err := exec.LookPath("python3"); err == nil {
		list = append(list, filepath.Dir(filepath.Dir(python)))
	}
	if home, err := os.UserHomeDir(); err == nil {
		list = append(list, filepath.Join(home, ".local"))
	}
	return append(list, "/usr/local", "/usr")
}
