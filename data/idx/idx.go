// Package idx reads labelled grey images in the IDX format of MNIST and its relatives, plain or
// gzipped. The format (http://yann.lecun.com/exdb/mnist): a big-endian magic number, 0x00000803
// for images or 0x00000801 for labels, whose last byte is the number of dimensions; that many
// 32-bit sizes; then the bytes.
//
//  1. Find looks for the four files of a data set in a directory;
//  2. Load reads a directory's training and test images;
//  3. what the header announces is checked against the size of the file before any memory is taken
//     for it; of a gzipped file, memory for a few times its size is, and more as bytes arrive.
package idx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// The magic numbers.
const (
	labelsMagic = 0x00000801
	imagesMagic = 0x00000803
)

// maxBytes limits what a header may announce, and usualRatio what is set aside for the content of a
// gzipped file before any of it has been read: MNIST's is 4.7 times as large as its file.
const (
	maxBytes   = 16 << 30
	usualRatio = 8
)

// anyNumber is no limit on the number of samples in a file.
const anyNumber = -1

// names are MNIST's file names: training images and labels, test images and labels.
var names = [4]string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// Find returns the paths of the training images and labels and the test images and labels in dir,
// and the names of those that are missing. It knows MNIST's names, with and without .gz, also in
// the spelling train-images.idx3-ubyte.
func Find(dir string) (paths [4]string, missing []string) {
	for i, name := range names {
		dotted := name[:len(name)-len("-idx3-ubyte")] + "." + name[len(name)-len("idx3-ubyte"):]
		for _, spelling := range []string{name, name + ".gz", dotted, dotted + ".gz"} {
			path := filepath.Join(dir, spelling)
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				paths[i] = path
				break
			}
		}
		if paths[i] == "" {
			missing = append(missing, name+"[.gz]")
		}
	}
	return paths, missing
}

// Load reads the data set in dir. classes are the names of its labels; nil names them "0" to the
// largest label found.
func Load(dir string, classes []string) (train, test *data.Images, err error) {
	paths, missing := Find(dir)
	if missing != nil {
		return nil, nil, fmt.Errorf("%s: no files %q", dir, missing)
	}
	var parts [2]part
	var errs [2]error
	var running sync.WaitGroup
	for i := range parts {
		running.Go(func() { parts[i], errs[i] = readPart(paths[2*i], paths[2*i+1]) })
	}
	running.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, nil, err
	}
	if !slices.Equal(parts[0].shape, parts[1].shape) {
		return nil, nil, fmt.Errorf("%s: images of shape %v, but %s: %v", paths[0], parts[0].shape, paths[2], parts[1].shape)
	}
	if classes == nil {
		classes = numbered(parts[0].labels, parts[1].labels)
	}
	if train, err = parts[0].images(classes); err != nil {
		return nil, nil, err
	}
	test, err = parts[1].images(classes)
	return train, test, err
}

// numbered returns the class names "0", "1" ... for all labels.
func numbered(labels ...[]byte) []string {
	classes := make([]string, 1+int(slices.Max(slices.Concat(labels...))))
	for k := range classes {
		classes[k] = strconv.Itoa(k)
	}
	return classes
}

// part is the content of a file of images and a file of labels.
type part struct {
	pixels, labels []byte
	shape          []int
	labelsPath     string
}

// readPart reads images and labels, of which there must be equally many.
func readPart(images, labels string) (part, error) {
	labelDims, labelBytes, err := readFile(labels, labelsMagic, anyNumber)
	if err != nil {
		return part{}, err
	}
	dims, pixels, err := readFile(images, imagesMagic, labelDims[0])
	if err != nil {
		return part{}, err
	}
	return part{pixels, labelBytes, []int{1, dims[1], dims[2]}, labels}, nil
}

func (p part) images(classes []string) (*data.Images, error) {
	s, err := data.NewImages(p.pixels, p.labels, classes, p.shape...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.labelsPath, err)
	}
	return s, nil
}

// readFile reads a file that must have the given magic number and number of samples.
func readFile(path string, magic uint32, samples int) (dims []int, body []byte, err error) {
	f, err := steadyfile.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	dims, body, err = read(f, f.Size(), magic, samples)
	if changed := f.Unchanged(); changed != nil {
		err = changed
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return dims, body, nil
}

// read reads a whole IDX file of size bytes, gzipped or not: its first bytes tell.
func read(r io.Reader, size int64, magic uint32, samples int) (dims []int, body []byte, err error) {
	b := bufio.NewReaderSize(r, 1<<16)
	r = b
	start, _ := b.Peek(2)
	zipped := bytes.Equal(start, []byte{0x1f, 0x8b})
	if zipped {
		if r, err = data.Unzip(b, size); err != nil {
			return nil, nil, err
		}
	}
	dims, length, err := readHeader(r, magic)
	if err != nil {
		return nil, nil, err
	}
	if samples != anyNumber && dims[0] != samples {
		return nil, nil, fmt.Errorf("the header announces %d samples; the file of labels has %d", dims[0], samples)
	}
	first := min(length, usualRatio*size)
	if !zipped {
		first, err = length, fits(length, size-int64(4+4*len(dims)))
	}
	if err == nil {
		body, err = readBody(r, length, first)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the header announces %v = %d bytes: %w", dims, length, err)
	}
	return dims, body, nil
}

// fits reports a file that does not hold as many bytes after its header as that announces.
func fits(length, held int64) error {
	switch {
	case held < length:
		return fmt.Errorf("the file ends after %d of them", held)
	case held > length:
		return fmt.Errorf("%d more follow", held-length)
	}
	return nil
}

// readHeader returns the sizes of the dimensions and their product.
func readHeader(r io.Reader, magic uint32) (dims []int, size int64, err error) {
	var found uint32
	if err := binary.Read(r, binary.BigEndian, &found); err != nil {
		return nil, 0, fmt.Errorf("the header is cut short: %w", err)
	}
	if found != magic {
		return nil, 0, fmt.Errorf("magic number 0x%08x; want 0x%08x (%s)", found, magic, kind(magic))
	}
	sizes := make([]uint32, magic&0xff)
	if err := binary.Read(r, binary.BigEndian, sizes); err != nil {
		return nil, 0, fmt.Errorf("the header is cut short: %w", err)
	}
	size = 1
	for _, d := range sizes {
		dims = append(dims, int(d))
		if d == 0 || size > maxBytes/int64(d) {
			return nil, 0, fmt.Errorf("dimensions %v; want at least 1 each, at most %d bytes together", sizes, int64(maxBytes))
		}
		size *= int64(d)
	}
	return dims, size, nil
}

func kind(magic uint32) string {
	if magic == imagesMagic {
		return "images: unsigned bytes, 3 dimensions"
	}
	return "labels: unsigned bytes, 1 dimension"
}

// readBody reads exactly size bytes, which must end the stream. Memory beyond first of them is taken
// only as bytes arrive.
func readBody(r io.Reader, size, first int64) ([]byte, error) {
	body := make([]byte, 0, first)
	for int64(len(body)) < size {
		if len(body) == cap(body) {
			body = slices.Grow(body, int(min(size-int64(len(body)), max(int64(len(body)), bytes.MinRead))))
		}
		n, err := r.Read(body[len(body):min(int64(cap(body)), size)])
		body = body[:len(body)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("after %d of them: %w", len(body), err)
		}
	}
	if err := fits(size, int64(len(body))); err != nil {
		return nil, err
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, errors.New("more follow")
	} else if err != io.EOF { // gzip checks its checksum here
		return nil, err
	}
	return body, nil
}
