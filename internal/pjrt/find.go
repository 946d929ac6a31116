package pjrt

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// places are where plugins for GPUs lie below a root: in Python's packages (dist-packages on Debian,
// lib64 on Fedora), and where go-xla's installer puts one.
var places = []string{
	"lib/python3*/site-packages/jax_plugins/xla_*/xla_*_plugin.so",
	"lib64/python3*/site-packages/jax_plugins/xla_*/xla_*_plugin.so",
	"lib/python3*/dist-packages/jax_plugins/xla_*/xla_*_plugin.so",
	"lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
}

// Find returns the plugins for GPUs that lie where installers put them, each once, those of the
// active Python environment first, without running anything.
func Find() []string {
	var found []string
	seen := map[string]bool{}
	for _, root := range roots() {
		for _, place := range places {
			for _, path := range below(root, place) {
				file, err := filepath.EvalSymlinks(path)
				if err == nil && !seen[file] {
					seen[file] = true
					found = append(found, path)
				}
			}
		}
	}
	return found
}

// below returns the paths below a folder that match a pattern, which the name of the folder is no part of.
func below(root, pattern string) []string {
	paths, _ := fs.Glob(os.DirFS(root), pattern) // the pattern is good
	for i, path := range paths {
		paths[i] = filepath.Join(root, path)
	}
	return paths
}

// roots are the directories to look below: of the active environment, of the python3 on the path, of
// the user, of pyenv, whose python3 on the path lies elsewhere, and of the system.
func roots() []string {
	var list []string
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		list = append(list, env)
	}
	if python, err := exec.LookPath("python3"); err == nil {
		list = append(list, filepath.Dir(filepath.Dir(python)))
	}
	if home, err := os.UserHomeDir(); err == nil {
		list = append(append(list, filepath.Join(home, ".local")), below(home, ".pyenv/versions/*")...)
	}
	return append(list, "/usr/local", "/usr")
}
