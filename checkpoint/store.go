package checkpoint

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/nn"
)

// The files of a checkpoint. sums lists the SHA-256 of the others as sha256sum does, so that
// `sha256sum -c SHA256SUMS` checks them, too.
const (
	positionFile = "position.json"
	tensorsFile  = "state.safetensors"
	sumsFile     = "SHA256SUMS"
)

// Keep is the number of checkpoints that a Store keeps: the newest, and the one before it.
const Keep = 2

// Snapshot is what a checkpoint holds: a run at one moment.
type Snapshot struct {
	Position []byte   // where the run is: JSON, of a Position
	Tensors  nn.State // its numbers, by name
}

// Store keeps the checkpoints of one run, each a folder: 000001, 000002 and so on.
type Store struct {
	dir  string
	disk disk
}

// NewStore returns the Store in dir, which need not exist yet.
func NewStore(dir string) *Store { return &Store{dir, osDisk{}} }

// Path returns the folder of a checkpoint.
func (s *Store) Path(number int) string { return filepath.Join(s.dir, fmt.Sprintf("%06d", number)) }

// List returns the numbers of the checkpoints, oldest first.
func (s *Store) List() ([]int, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var numbers []int
	for _, e := range entries {
		if n, nan := strconv.Atoi(e.Name()); nan == nil && n > 0 && n < 1<<40 && e.Name() == filepath.Base(s.Path(n)) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// Save adds a checkpoint and returns its number. Its files are written to a hidden folder and
// fsynced; the folder is fsynced and renamed; the new checkpoint is read back and verified; then
// those beyond Keep go. On any error those that were there are whole, and nothing half-written has
// a checkpoint's name.
func (s *Store) Save(c Snapshot) (number int, err error) {
	numbers, err := s.prepare()
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	number = 1
	if n := len(numbers); n > 0 {
		number = numbers[n-1] + 1
	}
	if err := s.write(number, c); err != nil {
		return 0, fmt.Errorf("checkpoint %s: %w", s.Path(number), err)
	}
	if _, err := s.verified(number, nil); err != nil {
		return 0, errors.Join(fmt.Errorf("checkpoint: read back: %w", err), s.remove(number))
	}
	numbers = append(numbers, number)
	for _, old := range s.surplus(numbers) {
		if err := s.remove(old); err != nil {
			return 0, fmt.Errorf("checkpoint: old one: %w", err)
		}
	}
	return number, nil
}

// surplus returns the checkpoints before the newest Keep that are whole.
func (s *Store) surplus(numbers []int) []int {
	whole := 1 // the newest, which was just verified
	for i := len(numbers) - 2; i >= 0; i-- {
		if whole == Keep {
			return numbers[:i+1]
		}
		if _, err := s.verified(numbers[i], nil); err == nil {
			whole++
		}
	}
	return nil
}

// prepare makes the folder and clears it of what a killed process left.
func (s *Store) prepare() ([]int, error) {
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(s.disk.Mkdir(s.dir), s.disk.SyncDir(filepath.Dir(s.dir))); err != nil {
			return nil, err
		}
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			if err := s.disk.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return s.List()
}

// write makes the folder of a checkpoint.
func (s *Store) write(number int, c Snapshot) (err error) {
	hidden := s.hidden(number)
	if err := s.disk.Mkdir(hidden); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.disk.RemoveAll(hidden))
		}
	}()
	var sums bytes.Buffer
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{positionFile, func(w io.Writer) error { _, err := w.Write(c.Position); return err }},
		{tensorsFile, func(w io.Writer) error { return encodeTensors(w, c.Tensors, nil) }},
		{sumsFile, func(w io.Writer) error { _, err := w.Write(sums.Bytes()); return err }},
	} {
		digest := sha256.New()
		err := s.writeFile(filepath.Join(hidden, f.name), func(w io.Writer) error { return f.write(io.MultiWriter(w, digest)) })
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", digest.Sum(nil), f.name)
	}
	if err := s.disk.SyncDir(hidden); err != nil {
		return err
	}
	if err := s.disk.Rename(hidden, s.Path(number)); err != nil {
		return err
	}
	return s.disk.SyncDir(s.dir)
}

func (s *Store) hidden(number int) string { return filepath.Join(s.dir, fmt.Sprintf(".%06d", number)) }

// writeFile makes a file and fsyncs it.
func (s *Store) writeFile(path string, write func(io.Writer) error) error {
	f, err := s.disk.Create(path)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// remove takes a checkpoint's name away before its files, so that it is never a half.
func (s *Store) remove(number int) error {
	hidden := s.hidden(number)
	if err := s.disk.Rename(s.Path(number), hidden); err != nil {
		return err
	}
	return s.disk.RemoveAll(hidden)
}

// Clear removes all checkpoints, the newest last, and each as remove does: one killed meanwhile leaves those that are whole.
func (s *Store) Clear() error {
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	all, err := s.List()
	if err != nil {
		return err
	}
	for _, number := range all {
		if err := s.remove(number); err != nil {
			return err
		}
	}
	return s.disk.RemoveAll(s.dir)
}

// DamagedError is a checkpoint whose files are not those that were written.
type DamagedError struct {
	Path string // the file
	Why  string
}

func (e *DamagedError) Error() string { return e.Path + ": damaged: " + e.Why }

// Load reads a checkpoint and verifies every byte of it. What is wrong with it is a *DamagedError.
func (s *Store) Load(number int) (c Snapshot, err error) {
	c.Position, err = s.verified(number, func(r io.Reader, size int64) (err error) {
		c.Tensors, err = readTensors(r, size)
		return err
	})
	if err != nil {
		return Snapshot{}, err
	}
	return c, nil
}

// verified holds the files of a checkpoint to their digests and returns that of the position. read, if not nil, takes the
// tensors from their file, which may have a gigabyte; its error counts if they are what was written.
func (s *Store) verified(number int, read func(r io.Reader, size int64) error) (position []byte, err error) {
	dir, sums := s.Path(number), map[string]string{}
	if position, err = readFile(dir, positionFile); err != nil {
		return nil, err
	}
	sums[positionFile] = fmt.Sprintf("%x", sha256.Sum256(position))
	sum, odd, err := digest(dir, tensorsFile, read)
	if err != nil {
		return nil, err
	}
	sums[tensorsFile] = sum
	list, err := readFile(dir, sumsFile)
	if err != nil {
		return nil, err
	}
	if string(list) != fmt.Sprintf("%s  %s\n%s  %s\n", sums[positionFile], positionFile, sum, tensorsFile) {
		return nil, blame(dir, string(list), sums)
	}
	if odd != nil { // written so
		return nil, &DamagedError{filepath.Join(dir, tensorsFile), odd.Error()}
	}
	return position, nil
}

// readFile reads a small file of a checkpoint.
func readFile(dir, name string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	return raw, missing(dir, name, err)
}

// missing is err, or what it says of a checkpoint where the file is not there.
func missing(dir, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &DamagedError{filepath.Join(dir, name), "the file is missing"}
	}
	return err
}

// digest returns the SHA-256 of a file, and odd, the error of read, which takes what it can of it; nil reads nothing.
func digest(dir, name string, read func(r io.Reader, size int64) error) (sum string, odd, err error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return "", nil, missing(dir, name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	h := sha256.New()
	r := bufio.NewReaderSize(io.TeeReader(f, h), 1<<20)
	if read != nil {
		odd = read(r, info.Size())
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return "", nil, err
	}
	return hex.EncodeToString(h.Sum(nil)), odd, nil
}

// blame says which file is not as the list of digests says, or that it is the list itself.
func blame(dir, list string, sums map[string]string) error {
	for line := range strings.Lines(list) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		is, known := sums[name]
		if ok && known && len(sum) == 64 && sum != is {
			return &DamagedError{filepath.Join(dir, name), fmt.Sprintf("its SHA-256 is %s; %s says %q", is, sumsFile, sum)}
		}
	}
	return &DamagedError{filepath.Join(dir, sumsFile), "it does not list the digests of " + positionFile + " and " + tensorsFile}
}

// Newest returns the newest checkpoint and its number. If it is damaged and fallback is set, the
// newest that is not, and in skipped what was wrong with those after it. Without fallback the error
// says which one fallback would take.
func (s *Store) Newest(fallback bool) (c Snapshot, number int, skipped []error, err error) {
	numbers, err := s.List()
	if err != nil {
		return c, 0, nil, err
	}
	if len(numbers) == 0 {
		return c, 0, nil, fmt.Errorf("%s: %w", s.dir, ErrNone)
	}
	for _, n := range slices.Backward(numbers) {
		if c, err = s.Load(n); err == nil {
			break
		}
		skipped = append(skipped, err)
	}
	switch {
	case err != nil:
		return c, 0, nil, fmt.Errorf("no checkpoint is whole: %w", errors.Join(skipped...))
	case len(skipped) == 0:
		return c, numbers[len(numbers)-1], nil, nil
	}
	number = numbers[len(numbers)-1-len(skipped)]
	if !fallback {
		return Snapshot{}, 0, nil, &OlderError{errors.Join(skipped...), s.Path(number)}
	}
	return c, number, skipped, nil
}

// ErrNone is the error of a run without checkpoints.
var ErrNone = errors.New("holds no checkpoint")

// OlderError is a damaged checkpoint before which there is a whole one.
type OlderError struct {
	error
	Whole string // path of the whole one
}

func (e *OlderError) Unwrap() error { return e.error }
