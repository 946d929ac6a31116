package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/meant"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
)

// app is one call of lgl.
type app struct {
	args    []string
	next    []string // arguments by which another process goes on, nil: by args
	stdout  *checkedWriter
	screen  *screen
	json    bool   // --json
	began   bool   // the arguments were right and a command began
	command string // its name, "lgl train"
	outlets run.OutletOptions
	warmOf  string // the file of --config that has --warm, where flags change how long the run is
	sets    *task.Sets
}

func newApp(stdout, stderr io.Writer) *app {
	s := newScreen(stderr)
	a := &app{stdout: &checkedWriter{w: stdout, screen: s}, screen: s, command: "lgl"}
	a.sets = task.NewSets(a.say)
	return a
}

// exitCodes ends the help of every command.
const exitCodes = `
Exit codes:
  0    done
  1    it failed; the message says what was found and what was expected
  2    wrong usage: an unknown command or flag, a missing argument, a setting
       with a value that it cannot have
  130  interrupted (Ctrl-C, SIGTERM); lgl resume goes on with a run
`

// extra are the commands of builds with tags.
var extra []func(*app) *cobra.Command

// root returns the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:     "lgl",
		Version: build(),
		Short:   "Train classifiers from local to global: first on a few classes, then on more",
		Long: `lgl trains neural-network classifiers from local to global (Cheng et al., "Local to
Global Learning"): first on a few classes, then on more, until all are in; and
beside it the baselines that the method must be compared with.

Results go to stdout, all else to stderr. With --json the last line of stdout is
one JSON object, with error and hint if it failed without a result. NO_COLOR is
honoured.`,
		Example: `  lgl demo                                # everything on Fashion-MNIST, in minutes
  lgl data check pictures                 # is a folder for each class fit to train on?
  lgl plan --data pictures                # what a run will cost
  lgl train --data pictures --out runs/a  # one run
  lgl ui                                  # watch runs in the browser
  lgl predict runs/a new.jpg              # what is on a picture
  lgl report runs/*                       # table and page of finished runs`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			a.began = true
		},
	}
	a.addGroups(root, []commandGroup{
		{"Train", []*cobra.Command{a.demo(), a.data(), a.plan(), a.train(), a.resume(), a.extend()}},
		{"Look at runs", []*cobra.Command{a.ui(), a.report(), a.compare(), a.eval(), a.entropy()}},
		{"Use a network", []*cobra.Command{a.predict(), a.export()}},
		{"Experiments and timings", []*cobra.Command{a.paper(), a.bench()}},
		{"This program", []*cobra.Command{a.doctor(), a.version()}},
	})
	for _, command := range extra {
		root.AddCommand(command(a))
	}
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	completeAll(root)
	a.watch(root)
	return root
}

// watch notes which command has the word, for the hint of a usage error, in it and all below it.
func (a *app) watch(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		a.command = c.CommandPath()
		return a.meant(c, a.fileMeant(plainly(err)))
	})
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, given []string) error {
			a.command = c.CommandPath()
			if i := slices.Index(given, ""); i >= 0 {
				return fmt.Errorf("argument %d of %s is empty; is a variable of the shell not set?", i+1, a.command)
			}
			if err := a.unnamed(c); err != nil {
				return err
			}
			return args(c, given)
		}
	}
	for _, c := range cmd.Commands() {
		a.watch(c)
	}
}

// unnamed reports a flag that was given neither a name nor a path, though it has no other sense.
func (a *app) unnamed(c *cobra.Command) error {
	for _, name := range []string{"out", "config", "data"} {
		f := c.Flags().Lookup(name)
		switch {
		case f == nil || !f.Changed:
		case f.Value.String() == "":
			return fmt.Errorf("--%s of %s is empty; is a variable of the shell not set?", name, a.command)
		case name == "out" && f.Value.String() == "-":
			return fmt.Errorf("--out -: %s writes no file to stdout; want a path, ./- for a file of that name", a.command)
		}
	}
	return nil
}

// fileMeant replaces the error of a flag that is none, but the name of a file among the arguments, by one that says how that
// is given.
func (a *app) fileMeant(err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	for _, word := range a.args {
		if _, no := os.Lstat(word); no == nil && isIn(unknown, word) {
			return failure.Hint(fmt.Errorf("%s begins as a flag does", word), "the file of that name is given as %s, or behind --", shell.Quoted("./"+word))
		}
	}
	return err
}

// isIn reports whether the unknown flag is that of the argument word. Of "-house", whose h is a flag, it is in "-ouse".
func isIn(unknown *pflag.NotExistError, word string) bool {
	name, _, _ := strings.Cut(word, "=")
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		return strings.HasPrefix(word, "-") && strings.HasSuffix(word, letters)
	}
	return name == "--"+unknown.GetSpecifiedName()
}

// meant adds to the error of a flag that c does not have those whose names are nearly the same.
func (a *app) meant(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	if unknown.GetSpecifiedShortnames() != "" {
		return a.oneDash(c, unknown)
	}
	switch near := nearFlags(c.Flags(), unknown.GetSpecifiedName()); {
	case len(near) > 0:
		return fmt.Errorf("%w; did you mean --%s?", err, strings.Join(near, " or --"))
	case unknown.GetSpecifiedName() == "out" && c.Flags().Lookup("json") != nil:
		return fmt.Errorf("%w; %s prints its result: add > FILE", err, a.command)
	}
	return err
}

// nearFlags are the names of flags that begin with word, or else the one that is spelt nearly so.
func nearFlags(flags *pflag.FlagSet, word string) (near []string) {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		if word != "" && strings.HasPrefix(f.Name, word) {
			near = append(near, f.Name)
		}
	})
	if one := meant.Name(word, names, 3); one != "" && len(near) == 0 {
		near = []string{one}
	}
	return near
}

// oneDash adds to the error of a letter that is no flag the flag of which it is part, -epochs.
func (a *app) oneDash(c *cobra.Command, unknown *pflag.NotExistError) error {
	for _, word := range a.args {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		if isIn(unknown, word) && c.Flags().Lookup(name) != nil {
			return fmt.Errorf("%w; did you mean --%s?", unknown, name)
		}
	}
	return unknown
}

// wanted says what a function of strconv takes.
var wanted = map[string]string{
	"ParseInt": "want a whole number", "ParseUint": "want a whole number, 0 or more", "ParseFloat": "want a number", "ParseBool": "want true or false",
}

// plainly puts into words what strconv says of a flag's value.
func plainly(err error) error {
	var bad *strconv.NumError
	if !errors.As(err, &bad) {
		return err
	}
	why := wanted[bad.Func]
	if errors.Is(bad, strconv.ErrRange) {
		why += " that is not so large"
	}
	return errors.New(strings.Replace(err.Error(), bad.Error(), why, 1))
}

// jsonFlag gives cmd --json.
func (a *app) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON object as the last line of stdout, and nothing else there")
}
