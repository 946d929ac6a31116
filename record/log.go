package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// Mark is a place in a log: the bytes before it, and their SHA-256.
type Mark struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Beginning is the Mark of an empty log.
func Beginning() Mark { return Mark{0, hex.EncodeToString(sha256.New().Sum(nil))} }

// Log is a Sink: a run's events.jsonl, which can be taken back to a Mark.
type Log struct {
	file   *os.File
	bytes  int64
	digest hash.Hash
}

// CreateLog makes the log at path. If something is there, the error is os.ErrExist.
func CreateLog(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &Log{file: f, digest: sha256.New()}, nil
}

// ReopenLog opens the log at path and takes it back to m: the events after it go, and others can
// follow. If the log does not begin as it did, nothing is changed and the error says so.
func ReopenLog(path string, m Mark) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := &Log{file: f, bytes: m.Bytes, digest: sha256.New()}
	if err := l.back(m); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return l, nil
}

// Verify reports a log at path that does not begin as it did up to m.
func Verify(path string, m Mark) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := (&Log{file: f, digest: sha256.New()}).verify(m); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// back verifies what is before m, and cuts off what is behind it.
func (l *Log) back(m Mark) error {
	if err := l.verify(m); err != nil {
		return err
	}
	return errors.Join(l.file.Truncate(m.Bytes), l.file.Sync())
}

func (l *Log) verify(m Mark) error {
	n, err := io.CopyN(l.digest, l.file, m.Bytes)
	if err != nil && err != io.EOF {
		return err
	}
	if n < m.Bytes {
		return fmt.Errorf("it has %d bytes; the checkpoint was made at %d", n, m.Bytes)
	}
	if sum := l.sum(); sum != m.SHA256 {
		return fmt.Errorf("damaged: the SHA-256 of its first %d bytes is %s; it was %s at the checkpoint", m.Bytes, sum, m.SHA256)
	}
	return nil
}

// Emit appends the event. A line that cannot be written whole is taken back.
func (l *Log) Emit(e Event) error {
	line, err := encode(e)
	if err != nil {
		return err
	}
	if _, err := l.file.WriteAt(line, l.bytes); err != nil {
		return errors.Join(err, l.file.Truncate(l.bytes))
	}
	l.bytes += int64(len(line))
	l.digest.Write(line)
	return nil
}

// Mark makes all events last and returns the place behind them.
func (l *Log) Mark() (Mark, error) { return Mark{l.bytes, l.sum()}, l.file.Sync() }

func (l *Log) sum() string { return hex.EncodeToString(l.digest.Sum(nil)) }

// Close makes all events last and closes the file.
func (l *Log) Close() error { return errors.Join(l.file.Sync(), l.file.Close()) }
