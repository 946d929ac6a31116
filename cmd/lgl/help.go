package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/internal/failure"
)

func init() {
	cobra.EnableCommandSorting = false // they stand as a person meets them
	cobra.AddTemplateFunc("flagsInGroups", flagsInGroups)
}

// commandGroup is a heading of `lgl --help`, and the commands below it.
type commandGroup struct {
	title    string
	commands []*cobra.Command
}

// addGroups gives root the commands, and what cobra adds: help, and completion, which refuse what is no
// command and no shell.
func (a *app) addGroups(root *cobra.Command, groups []commandGroup) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	last := groups[len(groups)-1].title
	root.SetHelpCommandGroupID(last)
	root.SetCompletionCommandGroupID(last)
	root.SetOut(a.stdout) // to which completion holds on
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = ofCommands
		case "completion":
			c.Args = noArgs
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// ofCommands refuses words that name no command, for lgl help.
func ofCommands(cmd *cobra.Command, args []string) error {
	found, rest, err := cmd.Root().Find(args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unknown command %q for %q", rest[0], found.CommandPath())
	}
	if err != nil {
		err = failure.Hint(err, "see %s --help", found.CommandPath())
	}
	return err
}

// heading is the annotation of a flag that begins a group in the help of its command.
const heading = "heading"

// helpWidth is how many columns the flags take in the help.
const helpWidth = 100

// flagsInGroups are the usages of flags, in groups under headings.
func flagsInGroups(flags *pflag.FlagSet) string {
	var b strings.Builder
	title, group := "Flags", pflag.NewFlagSet("", pflag.ContinueOnError)
	group.SortFlags = flags.SortFlags
	end := func() {
		fmt.Fprintf(&b, "\n\n%s:\n%s", title, strings.TrimRight(group.FlagUsagesWrapped(helpWidth), "\n"))
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if h := f.Annotations[heading]; h != nil {
			end()
			title, group = h[0], pflag.NewFlagSet("", pflag.ContinueOnError)
			group.SortFlags = false
		}
		group.AddFlag(f)
	})
	end()
	return strings.TrimPrefix(b.String(), "\n\n")
}

// usageTemplate is cobra's, with flags in groups, and the exit codes.
func usageTemplate(usual string) string {
	const flat = "Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}"
	return strings.Replace(usual, "\n"+flat, "\n{{flagsInGroups .LocalFlags}}", 1) + exitCodes
}
