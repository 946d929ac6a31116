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

// FileName is the name of a log in the directory of its run.
const FileName = "events.jsonl"

// Log is a Sink: a run's events.jsonl, which can be taken back to a Mark.
type Log struct {
	*Writer
	to *logFile
}

// logFile takes whole lines, and knows how many bytes it has, and their digest.
type logFile struct {
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
	return newLog(f), nil
}

// newLog returns the Log in an empty file.
func newLog(f *os.File) *Log {
	to := &logFile{file: f, digest: sha256.New()}
	return &Log{NewWriter(to), to}
}

// ReopenLog opens the log at path and takes it back to m: the events after it go, and others can
// follow. If the log does not begin as it did, nothing is changed and the error says so.
func ReopenLog(path string, m Mark) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := newLog(f)
	if err := l.to.back(m); err != nil {
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
	if err := newLog(f).to.verify(m); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// back verifies what is before m, and cuts off what is behind it.
func (l *logFile) back(m Mark) error {
	if err := l.verify(m); err != nil {
		return err
	}
	l.bytes = m.Bytes
	return errors.Join(l.file.Truncate(m.Bytes), l.file.Sync())
}

func (l *logFile) verify(m Mark) error {
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

// Write appends a line. One that cannot be written whole is taken back.
func (l *logFile) Write(line []byte) (int, error) {
	if _, err := l.file.WriteAt(line, l.bytes); err != nil {
		return 0, errors.Join(err, l.file.Truncate(l.bytes))
	}
	l.bytes += int64(len(line))
	return l.digest.Write(line)
}

// Mark makes all events last and returns the place behind them.
func (l *Log) Mark() (Mark, error) { return Mark{l.to.bytes, l.to.sum()}, l.to.file.Sync() }

func (l *logFile) sum() string { return hex.EncodeToString(l.digest.Sum(nil)) }

// Close makes all events last and closes the file.
func (l *Log) Close() error { return errors.Join(l.to.file.Sync(), l.to.file.Close()) }
