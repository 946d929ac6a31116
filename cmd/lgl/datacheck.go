package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
)

// dataCheck is `lgl data check`.
func (a *app) dataCheck() *cobra.Command {
	fix, labels := false, ""
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Find unusable, doubled and leaking pictures in your own folders",
		Long: `Decode every picture of a folder, and list those that cannot be used (damaged,
truncated, empty, no picture, too large), those that are there twice, by a digest of
their pixels, in two classes, or in training and test part, those of one colour all
over, those left out for the endings of their names, and the pictures of each class.
Nothing is changed; --fix moves what cannot be used to DIR/.quarantine, where lgl does
not look.

The exit code is 1 if a run on the folder would fail.`,
		Example: "  lgl data check ./my-images\n  lgl data check ./my-images --fix\n  lgl data check ./my-images --labels labels.csv --json",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.checkFolder(cmd.Context(), args[0], labels, fix)
		},
	}
	cmd.Flags().BoolVar(&fix, "fix", false, "move what cannot be used to DIR/.quarantine")
	addLabels(cmd, &labels)
	a.jsonFlag(cmd)
	return cmd
}

// checkFolder checks a folder, mends it if asked to, and reports.
func (a *app) checkFolder(ctx context.Context, dir, labels string, fix bool) error {
	if info, err := os.Stat(dir); err != nil {
		return failure.Usage(fmt.Errorf("%w; lgl data info describes the data that lgl knows by name", err))
	} else if !info.IsDir() {
		return failure.Usage(fmt.Errorf("%s: is no folder of pictures; lgl data info describes and verifies other data", dir))
	}
	if err := isThere("--labels", labels); err != nil {
		return err
	}
	if err := fixFits(dir, fix); err != nil {
		return err
	}
	r, err := folder.Check(ctx, dir, labels, a.screen.meters("picture"))
	if err != nil {
		return err
	}
	if fix {
		err = r.Quarantine()
	}
	result, fault := checked{Report: r}, r.Fault()
	if fault != nil {
		result.Why, fault = fault.Error(), fmt.Errorf("%s: %w", dir, fault)
	} else if fault = catalog.VerifyFolder(ctx, dir, labels); fault != nil && ctx.Err() == nil {
		result.Why = fault.Error()
	}
	return cmp.Or(errors.Join(err, a.result(result, func(w io.Writer) error { return writeCheck(w, r) })), fault)
}

// checked is what `lgl data check --json` prints.
type checked struct {
	folder.Report
	Why string `json:"fault,omitempty"` // no run can be trained on it
}

// fixFits reports, ahead of the check, that --fix can move nothing in dir.
func fixFits(dir string, fix bool) error {
	if !fix {
		return nil
	}
	if err := folder.CheckQuarantine(dir); err != nil {
		return failure.Hint(fmt.Errorf("--fix: %w", err), "make it a folder that can be written, or check without --fix, which lists what cannot be used")
	}
	return nil
}

// mostListed is how many lines of each kind a terminal gets.
const mostListed = 20

// listed are those of a list that are printed, and how many are left: none for a line that says that one is.
func listed[T any](all []T) (shown []T, left int) {
	if len(all) > mostListed+1 {
		return all[:mostListed], len(all) - mostListed
	}
	return all, 0
}

// writeCheck prints a report for people.
func writeCheck(w io.Writer, r folder.Report) error {
	for _, note := range r.Notes {
		fmt.Fprintln(w, inTable(note))
	}
	return columns(w, func(w io.Writer) {
		fmt.Fprintf(w, "pictures\t%s to train on, %s to test on, in %s\n", count(r.Train), count(r.Test), plural.Count(len(r.Classes), "class"))
		if r.Imbalance > 0 {
			fmt.Fprintf(w, "of a class\t%s\n", spread(extremes(r.Classes)))
		}
		fmt.Fprintf(w, "sizes\t%s to %s, median %s\n", size(r.Smallest), size(r.Largest), size(r.Median))
		fmt.Fprintf(w, "formats\t%s\n", formatCounts(r.Formats))
		fmt.Fprintln(w)
		writeClasses(w, r.Classes)
		writeUnusable(w, r.Unusable)
		writeLeftOut(w, r.LeftOut)
		writeGroups(w, "IN BOTH PARTS: the test set holds what is trained on", r.Leaks)
		writeGroups(w, "IN TWO CLASSES", withClasses(r.Conflicts))
		writeGroups(w, "THERE TWICE", r.Duplicates)
		writeGroups(w, "CLASSES WHOSE NAMES DIFFER BY CASE, BLANKS OR HOW AN ACCENT IS WRITTEN ALONE", r.AlikeClasses)
	})
}

// extremes returns the classes with the fewest and the most training pictures.
func extremes(classes []folder.ClassSize) (least, most folder.ClassSize) {
	byTrain := func(a, b folder.ClassSize) int { return cmp.Compare(a.Train, b.Train) }
	return slices.MinFunc(classes, byTrain), slices.MaxFunc(classes, byTrain)
}

// farUneven is how many times as many pictures make --balance worth a word: it gained at 72, and nothing at 24.
const farUneven = 50

// spread says how many training pictures a class has, how uneven that is, and what helps where it is very much so.
func spread(least, most folder.ClassSize) string {
	if least.Train == most.Train {
		return count(least.Train) + " to train on"
	}
	times := float64(most.Train) / float64(least.Train)
	text := fmt.Sprintf("%s (%s) to %s (%s) to train on: %.1f times as many", count(least.Train), least.Name, count(most.Train), most.Name, times)
	if times >= farUneven {
		text += "; where the small ones matter: lgl train --balance oversample"
	}
	return text
}

func size(s [2]int) string { return fmt.Sprintf("%dx%d", s[0], s[1]) }

// formatCounts writes how many pictures have which format, the most frequent first.
func formatCounts(formats map[string]int) string {
	names := slices.SortedFunc(maps.Keys(formats), func(a, b string) int {
		return cmp.Or(cmp.Compare(formats[b], formats[a]), strings.Compare(a, b))
	})
	var words []string
	for _, name := range names {
		words = append(words, name+" "+count(formats[name]))
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}

// writeClasses lists the classes; of many those with the fewest training pictures.
func writeClasses(w io.Writer, classes []folder.ClassSize) {
	shown, left := classes, 0
	if len(classes) > 2*mostListed {
		shown = slices.Clone(classes)
		slices.SortStableFunc(shown, func(a, b folder.ClassSize) int { return cmp.Compare(a.Train, b.Train) })
		shown, left = shown[:mostListed], len(classes)-mostListed
	}
	fmt.Fprintln(w, "CLASS\tTRAIN\tTEST")
	for _, c := range shown {
		fmt.Fprintf(w, "%s\t%s\t%s\n", inList(c.Name), count(c.Train), count(c.Test))
	}
	writeLeft(w, left)
}

// writeUnusable lists the files that cannot be used.
func writeUnusable(w io.Writer, files []folder.Unusable) {
	if len(files) == 0 {
		return
	}
	fmt.Fprintln(w, "\nCANNOT BE USED")
	shown, left := listed(files)
	for _, u := range shown {
		why := u.Why
		if u.Moved != "" {
			why += "; moved to " + u.Moved
		}
		fmt.Fprintf(w, "%s\t%s\n", inList(u.Path), inTable(why))
	}
	writeLeft(w, left)
}

// writeLeftOut lists the endings of the files that are left out.
func writeLeftOut(w io.Writer, all []folder.LeftOut) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "\nLEFT OUT, WITHOUT THE ENDING OF A PICTURE")
	shown, left := listed(all)
	for _, o := range shown {
		line := plural.Count(o.Files, "file") + " in " + plural.List(o.Classes, mostTogether)
		if o.Way != "" {
			line += "; " + o.Way
		}
		fmt.Fprintf(w, "%s\t%s\n", inList(cmp.Or(o.Ending, "none")), inTable(line))
	}
	writeLeft(w, left)
}

// mostTogether is how many names of a group are listed: 50,000 copies of one picture are one line.
const mostTogether = 8

// writeGroups lists groups of names that go together.
func writeGroups(w io.Writer, title string, groups [][]string) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	shown, left := listed(groups)
	for _, g := range shown {
		var names []string
		for _, name := range g[:min(mostTogether, len(g))] {
			names = append(names, inList(name))
		}
		if left := len(g) - mostTogether; left > 0 {
			names = append(names, "... and "+count(left)+" more; --json has all")
		}
		fmt.Fprintln(w, strings.Join(names, "\t"))
	}
	writeLeft(w, left)
}

// withClasses names the pictures of groups, with their classes.
func withClasses(groups [][]folder.Labelled) (all [][]string) {
	for _, g := range groups {
		var names []string
		for _, p := range g {
			names = append(names, fmt.Sprintf("%s (%s)", p.Path, p.Class))
		}
		all = append(all, names)
	}
	return all
}

// writeLeft says how many lines were left out.
func writeLeft(w io.Writer, n int) {
	if n > 0 {
		fmt.Fprintf(w, "... and %s more; --json has all\n", count(n))
	}
}
