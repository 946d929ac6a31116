// Command dockerfile reads Dockerfiles as Docker does, with the parser and the linter of BuildKit, and
// fails on what is none and on what these warn of. A module of its own: lgl depends on nothing of it.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	for _, path := range os.Args[1:] {
		stages, err := check(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d stages\n", path, stages)
	}
}

// check returns how many stages a Dockerfile has.
func check(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	tree, err := parser.Parse(f)
	if err != nil {
		return 0, err
	}
	var warnings []error
	for _, w := range tree.Warnings {
		warnings = append(warnings, errors.New(w.Short))
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, at []parser.Range) {
		warnings = append(warnings, fmt.Errorf("line %d: %s: %s", at[0].Start.Line, rule, message))
	}})
	stages, _, err := instructions.Parse(tree.AST, lint)
	return len(stages), errors.Join(append(warnings, err)...)
}
