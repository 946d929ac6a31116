package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/record"
)

// completeAll gives cmd and the commands below it completions where they have none: of arguments by the
// words of their usage, of flags by their names.
func completeAll(cmd *cobra.Command) {
	switch _, args, _ := strings.Cut(strings.ReplaceAll(cmd.Use, "[", ""), " "); {
	case cmd.ValidArgsFunction != nil:
	case strings.HasPrefix(args, "RUN..."):
		cmd.ValidArgsFunction = runDirs
	case strings.HasPrefix(args, "RUN"):
		cmd.ValidArgsFunction = firstRun
	case strings.HasPrefix(args, "DIR"), strings.HasPrefix(args, "RUNS_DIR"):
		cmd.ValidArgsFunction = someDir
	case args == "":
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for name, complete := range flagCompletions {
		if _, has := cmd.GetFlagCompletionFunc(name); cmd.Flags().Lookup(name) != nil && !has {
			completeFlag(cmd, name, complete)
		}
	}
	for _, c := range cmd.Commands() {
		completeAll(c)
	}
}

// completeFlag gives a flag of cmd its completions.
func completeFlag(cmd *cobra.Command, name string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
		panic(err) // only for a flag that is not there
	}
}

// oneOf completes a value that is one of words, and no file.
func oneOf(words []string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// flagCompletions are those of flags whose values are no files.
var flagCompletions = func() map[string]cobra.CompletionFunc {
	all := map[string]cobra.CompletionFunc{
		"data": dataNames, "pace-run": runDirs, "dir": someDir,
		"scale":  oneOf(paper.Scales()),
		"mlflow": oneOf([]string{"env", "http://localhost:5000"}),
	}
	for _, name := range []string{"title", "trained", "stage", "seeds", "jobs", "top", "steps", "samples", "budget", "checkpoint-every"} {
		all[name] = cobra.NoFileCompletions
	}
	for _, key := range config.Keys() {
		file := config.TakesPath(key) || key == "xla-plugin" || key == "labels"
		if _, has := all[key]; !has && !file && config.Words(key) == nil {
			all[flagOf(key)] = cobra.NoFileCompletions // a number, or a text
		}
	}
	return all
}()

// someDir completes the names of folders.
func someDir(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// firstRun completes a run directory as the first argument, and files after it.
func firstRun(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return runDirs(cmd, args, begun)
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// runDirs completes run directories, and the folders in which some may be. Those that are among args are
// left out.
func runDirs(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	dir, name := filepath.Split(begun)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	var runs, folders []string
	for _, e := range entries {
		path := dir + e.Name()
		if !strings.HasPrefix(e.Name(), name) || strings.HasPrefix(e.Name(), ".") && name == "" || slices.Contains(args, path) {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, record.FileName)); err == nil {
			runs = append(runs, path)
		} else if info, err := os.Stat(path); err == nil && info.IsDir() {
			folders = append(folders, path+"/")
		}
	}
	if len(folders) == 0 {
		return runs, cobra.ShellCompDirectiveNoFileComp
	}
	return append(runs, folders...), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
