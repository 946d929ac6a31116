// Package steadyfile reads files that must not change meanwhile.
//
//  1. Open refuses what is no regular file: a named pipe would wait for its writer, a device never
//     end;
//  2. the reader checks what the file announces against Size, before it takes memory for it;
//  3. Unchanged, after the last byte, reports a file that was cut or written to in between.
package steadyfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// File is an open regular file.
type File struct {
	*os.File
	was fs.FileInfo // when it was opened
}

// Open opens the regular file at path.
func Open(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which a pipe without a writer does not hold up
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: is %s; want a regular file", path, kind(info.Mode()))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &File{f, info}, nil
}

// kind names what is no regular file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "of type " + m.Type().String()
}

// Size returns the bytes that the file had when it was opened.
func (f *File) Size() int64 { return f.was.Size() }

// AtMost reports a file of more than most bytes. An error names the file.
func (f *File) AtMost(most int64) error {
	if f.Size() > most {
		return fmt.Errorf("%s: has %d bytes; want at most %d", f.Name(), f.Size(), most)
	}
	return nil
}

// Unchanged reports a file that is not as it was when it was opened, by its size and its time of
// modification.
func (f *File) Unchanged() error {
	now, err := f.Stat()
	switch {
	case err != nil:
		return err
	case now.Size() != f.was.Size():
		return fmt.Errorf("changed while it was read, from %d to %d bytes; try again when nothing writes to it", f.was.Size(), now.Size())
	case !now.ModTime().Equal(f.was.ModTime()):
		return errors.New("was written to while it was read; try again when nothing writes to it")
	}
	return nil
}

// ReadAll returns the bytes of the regular file at path, of which there may be at most most. An
// error names the file.
func ReadAll(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.AtMost(most); err != nil {
		return nil, err
	}
	return f.Bytes()
}

// Bytes returns what the file holds, for which the caller has found Size not too much. An error names
// the file.
func (f *File) Bytes() ([]byte, error) {
	b := make([]byte, f.Size())
	_, err := io.ReadFull(f, b)
	if changed := f.Unchanged(); changed != nil {
		err = changed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return b, nil
}

// SHA256 returns the SHA-256, in hexadecimal, of the regular file at path. An error names the file.
func SHA256(path string) (string, error) {
	f, err := Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err = errors.Join(err, f.Unchanged()); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
