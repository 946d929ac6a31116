package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/meant"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/run"
)

// noArgs refuses arguments, in words that fit a command whose settings are flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasSubCommands() {
		return asFlag(fmt.Errorf("unexpected argument %q; %s takes flags only", args[0], cmd.CommandPath()), cmd, nil, args[0])
	}
	err := cobra.NoArgs(cmd, args)
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return err
}

// oneArgument takes what the command's usage line names: RUN, DIR, NAME|PATH.
func oneArgument(cmd *cobra.Command, args []string) error {
	word := strings.Fields(cmd.Use)[1]
	err := fmt.Errorf("%s takes one argument, %s; found %d", cmd.CommandPath(), word, len(args))
	switch {
	case len(args) == 1:
		return nil
	case len(args) == 0 && word == "RUN":
		return thisRun(err, cmd)
	case len(args) == 2 && word == "RUN" && run.IsRun(args[1]):
		return asFlag(err, cmd, args[1:], args[0])
	case len(args) == 2:
		return asFlag(err, cmd, args[:1:1], args[1])
	}
	return err
}

// someRuns takes one run directory or more.
func someRuns(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return thisRun(fmt.Errorf("%s needs the directories of runs; lgl train --out makes one", cmd.CommandPath()), cmd)
	}
	return nil
}

// runAndPictures takes a run directory and a picture or more.
func runAndPictures(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return thisRun(fmt.Errorf("%s needs the directory of a run, and pictures, a folder of them, or -", cmd.CommandPath()), cmd, args...)
	}
	return nil
}

// thisRun adds to err, of a run that was not named, the one that the current directory is or lies in, if there is one.
func thisRun(err error, cmd *cobra.Command, rest ...string) error {
	dir := meant.FromAbove(".", run.IsRun)
	if dir == "" || slices.ContainsFunc(rest, run.IsRun) {
		return err
	}
	where := "is"
	if dir != "." {
		where = "lies in"
	}
	return failure.Hint(err, "this directory %s a run: %s", where, command(cmd, append([]string{dir}, rest...)...))
}

// asFlag adds to err, of an argument too many beside those that cmd takes, how cmd is given it, if that can be told.
func asFlag(err error, cmd *cobra.Command, takes []string, extra string) error {
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	ending := filepath.Ext(extra)
	switch {
	case has("config") && run.IsRun(extra):
		takes = append(takes, "--config", filepath.Join(extra, "config.yaml"))
	case has("config") && (ending == ".yaml" || ending == ".yml"):
		takes = append(takes, "--config", extra)
	case has("csv") && ending == ".csv":
		return failure.Hint(err, "--csv prints; add > %s", shell.Quoted(extra))
	case has("data") && !run.IsRun(extra) && isData(extra):
		takes = append(takes, "--data", extra)
	case has("out") && len(takes) > 0 && !isThing(extra):
		takes = append(takes, "--out", extra)
	default:
		return err
	}
	return failure.Hint(err, "%s", command(cmd, takes...))
}

// command writes a call of cmd for a shell.
func command(cmd *cobra.Command, words ...string) string {
	line := cmd.CommandPath()
	for _, word := range words {
		if word != "-" && !strings.HasPrefix(word, "--") { // stdin, and flags
			word = shell.Quoted(word)
		}
		line += " " + word
	}
	return line
}

// isThing reports whether something is at path.
func isThing(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isData reports whether word may be for --data.
func isData(word string) bool {
	return isThing(word) || slices.ContainsFunc(catalog.List(), func(d catalog.Info) bool { return d.Name == word })
}

// mostBlanks is how many blanks a path may have to be found by unquoted.
const mostBlanks = 8

// unquoted returns the path with blanks that is made of arguments in a row, not all of which are paths: it was not quoted. "" if
// there is none.
func unquoted(args []string) string {
	for i := range args {
		for j := i + 2; j <= min(len(args), i+1+mostBlanks); j++ {
			words := slices.Clone(args[i:j])
			if _, value, ok := strings.Cut(words[0], "="); ok && strings.HasPrefix(words[0], "-") {
				words[0] = value
			}
			path := strings.Join(words, " ")
			if isThing(path) && slices.ContainsFunc(words, func(word string) bool { return !isThing(word) }) {
				return path
			}
		}
	}
	return ""
}

// mistyped returns a way out of err where it comes of how a path or the name of a data set was typed; "" if none is seen.
func (a *app) mistyped(err error) string {
	if path := unquoted(a.args); path != "" {
		return "a path with blanks is quoted: " + shell.Quoted(path)
	}
	return a.nearTo(err)
}

// nearTo proposes what is there instead of an argument of which err says that it is not; "" if nothing is near.
func (a *app) nearTo(err error) string {
	var file *fs.PathError
	var set *catalog.AbsentError
	switch {
	case errors.As(err, &set) && a.gave(set.Path):
		if name := nearestData(set.Path); name != "" {
			return name + " is one; was it meant?"
		}
		return isNear(set.Path)
	case errors.As(err, &file) && errors.Is(file, fs.ErrNotExist) && a.gave(file.Path):
		return isNear(file.Path)
	}
	return ""
}

// gave reports whether path is an argument, or the value of a flag.
func (a *app) gave(path string) bool {
	return slices.ContainsFunc(a.args, func(word string) bool { return word == path || strings.HasSuffix(word, "="+path) })
}

// isNear proposes the path that is nearest to one at which nothing is, or what that is seen from above; "" if there is none.
func isNear(path string) string {
	near := cmp.Or(meant.Path(filepath.Clean(path), isThing), meant.FromAbove(path, isThing))
	if near == "" {
		return ""
	}
	return shell.Quoted(near) + " is there; was it meant?"
}

// nearestData returns the data set whose name differs from word in capitals and dashes alone; "" if there is none.
func nearestData(word string) string {
	plain := func(name string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name)) }
	for _, d := range catalog.List() {
		if plain(d.Name) == plain(word) {
			return d.Name
		}
	}
	return ""
}
