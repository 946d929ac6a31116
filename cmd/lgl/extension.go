package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/run"
)

// writeExtension prints the tables for people.
func writeExtension(w io.Writer, e run.Extension) error {
	if _, err := fmt.Fprintf(w, "\nextends %s, stage %d; test accuracy, before and after:\n", e.Run, e.Stage); err != nil {
		return err
	}
	err := columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\tCLASSES\tSAMPLES\tBEFORE\tAFTER\tCHANGE")
		for _, row := range []run.Change{{Class: "old", Growth: e.Old}, {Class: "new", Growth: e.New}, {Class: "all", Growth: e.All}} {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", row.Class, row.Classes, count(row.Samples), percentOf(row.Before), percentOf(row.After), gained(row.Growth))
		}
	})
	for _, line := range remarks(e) {
		if err == nil {
			_, err = fmt.Fprintln(w, line)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	if err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\tSAMPLES\tTFLOP\tTIME IN STEPS")
		fmt.Fprintf(w, "this run\t%s\t%.3g\t%s\n", count(e.Spent.Samples), e.Spent.FLOPs/1e12, seconds(e.Spent.Seconds))
		fmt.Fprintf(w, "from scratch\t%s\t%.3g\t%s at this run's rate\n", count(e.Scratch.Samples), e.Scratch.FLOPs/1e12, seconds(e.Scratch.Seconds))
	})
}

// gained is what accuracy gained or lost, "" where one of the two is not known.
func gained(g run.Growth) string {
	if g.Before == nil || g.After == nil {
		return ""
	}
	return fmt.Sprintf("%+.2f points", 100*(*g.After-*g.Before))
}

// unlearnt is the accuracy below which a new class counts as not learnt, mostNamed how many new classes are named.
const (
	unlearnt  = 0.1
	mostNamed = 8
)

// remarks says of which classes most was lost, how each new one was learnt, and what did not come out as wanted.
func remarks(e run.Extension) (lines []string) {
	const way = "; a larger --budget, more --epochs or more pictures of the new classes may help, and --warm none where weights were shrunk"
	if worst := forgotten(e); worst != "" {
		lines = append(lines, "most was lost on: "+worst)
	}
	words, failed := learnt(e)
	if len(words) > 0 {
		lines = append(lines, "new classes, the worst first: "+plural.List(words, mostNamed))
	}
	if len(failed) > 0 {
		lines = append(lines, fmt.Sprintf("warning: hardly learnt, with less than %v %% of the test samples right: %s%s", 100*unlearnt, plural.List(failed, mostNamed), way))
	}
	if all := e.All; all.Before != nil && all.After != nil && *all.After < *all.Before {
		lines = append(lines, fmt.Sprintf("warning: of all classes less is right than before, %s for %s: more was lost than learnt%s", percentOf(all.After), percentOf(all.Before), way))
	}
	return lines
}

// learnt lists the new classes that were tested with their accuracies, the worst first, and those below unlearnt.
func learnt(e run.Extension) (words, failed []string) {
	for _, c := range e.Learnt() {
		words = append(words, c.Class+" "+percentOf(c.After))
		if *c.After < unlearnt {
			failed = append(failed, c.Class)
		}
	}
	return words, failed
}

// forgotten lists up to three classes that lost most.
func forgotten(e run.Extension) string {
	lost := e.Forgotten()
	var words []string
	for _, c := range lost[:min(3, len(lost))] {
		words = append(words, fmt.Sprintf("%s %s to %s", c.Class, percentOf(c.Before), percentOf(c.After)))
	}
	return strings.Join(words, ", ")
}
