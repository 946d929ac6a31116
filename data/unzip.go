package data

import (
	"compress/gzip"
	"fmt"
	"io"
)

// A gzipped file may hold up to unzippedTimes its bytes, and any may hold unzippedBytes: images
// come nowhere near it, and a file made to fill the memory is stopped.
const (
	unzippedTimes = 64
	unzippedBytes = 64 << 20
)

// Unzip returns the content of a gzipped file of size bytes. A read fails once the content is
// longer than 64 MiB and than 64 times the file.
func Unzip(file io.Reader, size int64) (io.Reader, error) {
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return &unzip{z, size, max(unzippedBytes, unzippedTimes*min(size, 1<<50))}, nil
}

// unzip is a gzip reader with a limit.
type unzip struct {
	from io.Reader
	size int64 // of the file
	left int64 // that may still come
}

func (u *unzip) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, fmt.Errorf("the %d bytes of the gzipped file unzip to more than %d times as many; if that is right, unzip it (gunzip) to use it", u.size, unzippedTimes)
	}
	return n, err
}
