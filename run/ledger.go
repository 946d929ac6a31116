package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
)

// ledgerName is the file of a run on pictures in folders that has the SHA-256 of each of them, under its
// path in the data, as it was when the run read it first; sha256sum -c checks the same,
// but of joined folders, whose number stands before the name. Lines are only
// added, ahead of every checkpoint, so that a run whose data are large need not read all before its first
// step, and still is held to all that it has seen.
const ledgerName = "files.sha256"

// ledger is that file.
type ledger struct {
	path string
	was  map[string][sha256.Size]byte // by name, what the file has
	of   []data.Pictures              // the parts of the run's data
	done [][]bool                     // of each part, the files that need no more looking at
}

// beginLedger makes the ledger of a new run; nil where the data are no pictures in folders.
func (x *execution) beginLedger() (err error) {
	if x.ledger = x.newLedger(); x.ledger == nil {
		return nil
	}
	if err = os.Remove(x.ledger.path); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// newLedger returns the ledger of the run's data, without what its file has.
func (x *execution) newLedger() *ledger {
	l := &ledger{path: filepath.Join(x.dir, ledgerName), was: map[string][sha256.Size]byte{}}
	for _, src := range []data.Source{x.task.Train, x.task.Held, x.task.Set.Test} {
		if p, ok := src.(data.Pictures); ok {
			l.of, l.done = append(l.of, p), append(l.done, make([]bool, p.Len()))
		}
	}
	if l.of == nil {
		return nil
	}
	return l
}

// resumeLedger reads the ledger of a run that goes on, and holds its data to it.
func (x *execution) resumeLedger() error {
	l := x.newLedger()
	if x.ledger = l; l == nil {
		return nil
	}
	listed, whole, err := catalog.ReadSums(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		x.o.Say(fmt.Sprintf("%s: is not there, so the pictures are not held to what they were", l.path))
		return nil
	}
	if err == nil {
		err = os.Truncate(l.path, whole) // a line that was torn by a kill
	}
	if err != nil {
		return failure.Hint(err, "without it the run goes on, and its pictures are not held to what they were: rm %s", shell.Quoted(l.path))
	}
	for _, f := range listed {
		var sum [sha256.Size]byte
		if _, err := hex.Decode(sum[:], []byte(f.SHA256)); err != nil { // ReadSums saw to that
			return err
		}
		l.was[f.File] = sum
	}
	for _, part := range []*data.Source{&x.task.Train, &x.task.Held, &x.task.Set.Test} {
		if *part, err = l.hold(*part); err != nil {
			return err
		}
	}
	return nil
}

// hold returns the part src, held to the ledger as it is now.
func (l *ledger) hold(src data.Source) (data.Source, error) {
	p, ok := src.(data.Pictures)
	if !ok {
		return src, nil
	}
	sums := make([]*[sha256.Size]byte, p.Len())
	for i := range sums {
		name, _ := p.Entry(i)
		if sum, ok := l.was[name]; ok {
			sums[i] = &sum
		}
	}
	return data.Held(p, func(i int) (sum [sha256.Size]byte, ok bool) {
		if sums[i] == nil {
			return sum, false
		}
		return *sums[i], true
	})
}

// keep adds the files that were read since the last call, and makes them last.
func (l *ledger) keep() (err error) {
	if l == nil {
		return nil
	}
	var lines strings.Builder
	for k, p := range l.of {
		for i, done := range l.done[k] {
			if done {
				continue
			}
			sum, read := p.Sum(i)
			if l.done[k][i] = read; !read {
				continue
			}
			name, _ := p.Entry(i)
			if _, again := l.was[name]; !again {
				lines.WriteString(catalog.Listed{File: name, SHA256: hex.EncodeToString(sum[:])}.Line())
				l.was[name] = sum
			}
		}
	}
	if lines.Len() == 0 {
		return nil
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(lines.String())
	return errors.Join(err, f.Sync(), f.Close())
}
