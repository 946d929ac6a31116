package folder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/plural"
)

// testShare is one over the share of the pictures of each class that is the test set where the
// folder has none.
const testShare = 5

// split makes a test set where there is none: of all that is in the part dir, or of a share.
func (s *scanner) split(p *parts, dir, why string) error {
	if !s.whole {
		return p.split(s.ctx, s.dir, why, s.refuse != nil, s.say)
	}
	p.train, p.test = nil, p.train
	s.say(fmt.Sprintf("%s: all of its %s are the test set", dir, plural.Count(len(p.test), "picture")))
	return nil
}

// split moves a share of each class from train to test, and says why. That a test set is left without pictures
// is an error, unless it is lenient.
func (p *parts) split(ctx context.Context, dir, why string, lenient bool, say func(string)) error {
	var groups [][]file
	for rest := p.train; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].label == rest[0].label {
			n++
		}
		groups = append(groups, rest[:n])
		rest = rest[n:]
	}
	chosen := make([]map[string]bool, len(groups))
	err := inParallel(ctx, runtime.GOMAXPROCS(0), len(groups), func(i int) {
		chosen[i] = smallest(groups[i], dir, p.classes[groups[i][0].label])
	})
	if err != nil {
		return err
	}
	train := make([]file, 0, len(p.train))
	var test []file
	for i, own := range groups {
		for _, f := range own {
			if chosen[i][f.path] {
				test = append(test, f)
			} else {
				train = append(train, f)
			}
		}
	}
	if len(test) == 0 && len(train) > 0 && !lenient {
		return fmt.Errorf("%s: has one picture of each class; want at least two, one of them to test on", dir)
	}
	say(fmt.Sprintf("%s: a fifth of each class, %s of all %s, is the test set, the same in every run",
		why, plural.Thousands(len(test)), plural.Count(len(p.train), "picture")))
	p.train, p.test = train, test
	return nil
}

// Fifth returns those of the names, paths in a folder of class folders, of which Open makes the test set where the folder
// has none.
func Fifth(names []string) (test []string) {
	classes := map[string][]file{}
	for _, name := range names {
		class, _, _ := strings.Cut(name, "/")
		classes[class] = append(classes[class], file{path: filepath.FromSlash(name)})
	}
	for class, own := range classes {
		for path := range smallest(own, ".", class) {
			test = append(test, filepath.ToSlash(path))
		}
	}
	return test
}

// smallest returns the test files of a class: 1/testShare of them, rounded, at least one of two, those whose own
// names have the smallest SHA-256.
func smallest(own []file, dir, class string) map[string]bool {
	type named struct {
		sum  [sha256.Size]byte
		path string
	}
	all := make([]named, 0, len(own))
	for _, f := range own {
		all = append(all, named{sha256.Sum256([]byte(ownName(dir, class, f.path))), f.path})
	}
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(slices.Compare(a.sum[:], b.sum[:]), strings.Compare(a.path, b.path))
	})
	n := (len(own) + testShare/2) / testShare
	if n == 0 && len(own) > 1 {
		n = 1
	}
	chosen := map[string]bool{}
	for _, f := range all[:n] {
		chosen[f.path] = true
	}
	return chosen
}

// ownName is the path of a picture within the folder of its class, or, where it lies in none, within dir: a class that
// gets another name, or a picture that gets another class, stays in its part.
func ownName(dir, class, path string) string {
	rel, _ := filepath.Rel(dir, path)
	rel = filepath.ToSlash(rel)
	if _, name, in := strings.Cut("/"+rel, "/"+class+"/"); in {
		return name
	}
	return rel
}
