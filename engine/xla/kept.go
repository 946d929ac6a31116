package xla

import "slices"

// kept is how many programs for short batches a model keeps, besides those for the full batch: in
// self-paced learning the last batch of almost every epoch has another size.
const kept = 2

// programs are compiled ones, the most recently used first.
type programs []compiled

type compiled struct {
	kind    kind
	program program
}

// find returns the program for batches of kind k, nil if there is none.
func (p *programs) find(k kind) program {
	i := slices.IndexFunc(*p, func(c compiled) bool { return c.kind == k })
	if i < 0 {
		return nil
	}
	found := (*p)[i]
	*p = slices.Insert(slices.Delete(*p, i, i+1), 0, found)
	return found.program
}

// add puts a program first, and closes the last ones for batches shorter than full beyond the number
// kept. Steps of theirs that were begun go on: the plugin holds on to what it runs. One that is enqueued and
// not begun has the program that was found last, which is kept.
func (p *programs) add(k kind, made program, full int) error {
	*p = slices.Insert(*p, 0, compiled{k, made})
	short := 0
	for i, c := range *p {
		if c.kind.n < full {
			short++
		}
		if short > kept {
			*p = slices.Delete(*p, i, i+1)
			return c.program.Close()
		}
	}
	return nil
}

// remove closes a program, and keeps it no longer.
func (p *programs) remove(made program) error {
	*p = slices.DeleteFunc(*p, func(c compiled) bool { return c.program == made })
	return made.Close()
}

func (p programs) all() (all []program) {
	for _, c := range p {
		all = append(all, c.program)
	}
	return all
}
