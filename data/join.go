package data

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Owners returns, for each of the classes, the first of the sources that has a class of that name,
// whether or not it has samples of it; -1 where none has.
func Owners(classes []string, sources ...Source) []int {
	first := map[string]int{}
	for p, src := range slices.Backward(sources) {
		for _, name := range src.Classes() {
			first[name] = p
		}
	}
	owner := make([]int, len(classes))
	for k, name := range classes {
		if p, ok := first[name]; ok {
			owner[k] = p
		} else {
			owner[k] = -1
		}
	}
	return owner
}

// Join returns the samples of one source or several under the given classes, by name: a label is an index
// into classes, whatever it was before. The samples of a class come from the first source that has the
// class, and from that alone; classes that are not listed are left out. The samples are in the order of
// the sources. Joined Pixels are Pixels, and joined Pictures are Pictures; of both together only
// the evaluation's view is left.
func Join(classes []string, sources ...Source) (Source, error) {
	j := joined{classes: classes, shape: sources[0].Shape()}
	owner := Owners(classes, sources...)
	for p, src := range sources {
		if !slices.Equal(src.Shape(), j.shape) {
			return nil, fmt.Errorf("samples of shape %v cannot be joined with samples of shape %v", src.Shape(), j.shape)
		}
		labels, err := labelsIn(src, classes, func(k int) bool { return owner[k] == p })
		if err != nil {
			return nil, err
		}
		for i := range src.Len() {
			if k := labels[src.Label(i)]; k >= 0 {
				j.at = append(j.at, place{src, p, i, k})
			}
		}
	}
	return j.typed(sources), nil
}

// labelsIn returns what the labels of src are under the given classes, of those that are wanted; -1 for
// others.
func labelsIn(src Source, classes []string, wanted func(k int) bool) ([]int, error) {
	if err := CheckLabels(src); err != nil {
		return nil, err
	}
	index := map[string]int{}
	for k, name := range classes {
		index[name] = k
	}
	labels, seen := make([]int, len(src.Classes())), map[string]bool{}
	for from, name := range src.Classes() {
		if seen[name] {
			return nil, fmt.Errorf("two classes are named %q; names must differ where classes go by them", name)
		}
		seen[name], labels[from] = true, -1
		if k, ok := index[name]; ok && wanted(k) {
			labels[from] = k
		}
	}
	return labels, nil
}

// joined is what Join returns.
type joined struct {
	classes []string
	shape   []int
	at      []place
}

// place is where a sample is, and its label.
type place struct {
	src   Source
	part  int // its number
	i     int
	label int
}

func (j joined) Len() int                          { return len(j.at) }
func (j joined) Classes() []string                 { return j.classes }
func (j joined) Shape() []int                      { return j.shape }
func (j joined) Label(i int) int                   { return j.at[i].label }
func (j joined) Sample(i int, dst []float32) error { return j.at[i].src.Sample(j.at[i].i, dst) }

// typed returns j as what all of the sources are.
func (j joined) typed(sources []Source) Source {
	if every[Pixels](sources) {
		return joinedPixels{j}
	}
	if every[Pictures](sources) {
		return joinedPictures{j}
	}
	return j
}

// every reports whether all sources are of type S.
func every[S Source](sources []Source) bool {
	return !slices.ContainsFunc(sources, func(src Source) bool { _, ok := src.(S); return !ok })
}

// joinedPixels is a join of sources that hold bytes.
type joinedPixels struct{ joined }

func (j joinedPixels) Pixels(i int) []byte { return j.at[i].src.(Pixels).Pixels(j.at[i].i) }

// joinedPictures is a join of sources of pictures in files.
type joinedPictures struct{ joined }

func (j joinedPictures) of(i int) (Pictures, int) { return j.at[i].src.(Pictures), j.at[i].i }

func (j joinedPictures) View(i int, dst []byte, r *rand.Rand) error {
	p, own := j.of(i)
	return p.View(own, dst, r)
}

func (j joinedPictures) Path(i int) string {
	p, own := j.of(i)
	return p.Path(own)
}

// Entry has the number of the source before the name, which the files of several may share.
func (j joinedPictures) Entry(i int) (name string, bytes int64) {
	p, own := j.of(i)
	name, bytes = p.Entry(own)
	return fmt.Sprintf("%d/%s", j.at[i].part+1, name), bytes
}

func (j joinedPictures) Sum(i int) ([sha256.Size]byte, bool) {
	p, own := j.of(i)
	return p.Sum(own)
}
