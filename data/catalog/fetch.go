package catalog

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// remote is a file that can be fetched.
type remote struct {
	name   string
	from   []string // addresses of the directory it is in, tried in turn
	size   int64    // of the published file, in bytes
	sha256 string   // of its content, unzipped where unzipped is set
	// unzipped is the size of the content of a gzipped file whose content is pinned, since
	// mirrors compress it differently; 0 where the file itself is pinned.
	unzipped int64
}

var (
	fashionFrom = []string{
		"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
	}
	fashionFiles = []remote{
		{"train-images-idx3-ubyte.gz", fashionFrom, 26421880, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47040016},
		{"train-labels-idx1-ubyte.gz", fashionFrom, 29515, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60008},
		{"t10k-images-idx3-ubyte.gz", fashionFrom, 4422102, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7840016},
		{"t10k-labels-idx1-ubyte.gz", fashionFrom, 5148, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10008},
	}
	cifarFrom    = []string{"https://www.cs.toronto.edu/~kriz/"}
	cifar10Files = []remote{
		{"cifar-10-binary.tar.gz", cifarFrom, 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 0},
	}
	cifar100Files = []remote{
		{"cifar-100-binary.tar.gz", cifarFrom, 168513733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", 0},
	}
)

func total(files []remote) int64 {
	var sum int64
	for _, r := range files {
		sum += r.size
	}
	return sum
}

// fetchable are the names of the data sets that have files.
func fetchable() (names []string) {
	for _, d := range datasets {
		if d.files != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

// Fetch downloads a known data set to dir/NAME and returns the path at which it then is. dir ""
// means $LGL_DATA, or else the user's cache directory, where Open looks. A file that is there
// already and is right stays; every other one is written whole and checked, or not at all.
// progress, if not nil, is called with the bytes of a file done so far and in total. The proxies
// of the environment (HTTPS_PROXY ...) are used.
func Fetch(ctx context.Context, name, dir string, progress func(file string, done, total int64)) (where string, err error) {
	d, ok := known(name)
	if !ok {
		return "", fmt.Errorf("data %q cannot be fetched; these can: %s", name, strings.Join(fetchable(), ", "))
	}
	if d.files == nil {
		return "", fmt.Errorf("data %q is generated; there is nothing to fetch", name)
	}
	if dir == "" {
		if dir, err = defaultDir(); err != nil {
			return "", err
		}
	}
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	return newFetcher(progress).dataset(ctx, d, filepath.Join(dir, d.folder))
}

// defaultDir is where fetched data go.
func defaultDir() (string, error) {
	if root := os.Getenv("LGL_DATA"); root != "" {
		return root, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for data: set LGL_DATA to a directory (%w)", err)
	}
	return filepath.Join(cache, "lgl", "data"), nil
}

// fetcher downloads files.
type fetcher struct {
	client   *http.Client
	stall    time.Duration // without a byte, after which to give up
	progress func(file string, done, total int64)
}

func newFetcher(progress func(file string, done, total int64)) fetcher {
	t := http.DefaultTransport.(*http.Transport).Clone() // it knows the environment's proxies
	t.ResponseHeaderTimeout = 30 * time.Second
	t.DisableCompression = true // a .gz stays one, whatever the server calls it
	return fetcher{&http.Client{Transport: t}, time.Minute, progress}
}

// dataset fetches the files of d to dir.
func (f fetcher) dataset(ctx context.Context, d dataset, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, r := range d.files {
		if err := f.file(ctx, r, filepath.Join(dir, r.name)); err != nil {
			return "", fmt.Errorf("fetching %s: %w", r.name, err)
		}
	}
	path, ok := d.find(dir)
	if !ok {
		return "", fmt.Errorf("%s was fetched to %s, but is not found there", d.Name, dir)
	}
	return path, nil
}

// file makes path hold r, from the first address that has it.
func (f fetcher) file(ctx context.Context, r remote, path string) error {
	if r.isAt(path) {
		f.progress(r.name, r.size, r.size)
		return nil
	}
	var errs []error
	for _, from := range r.from {
		url := from + r.name
		err := atomicfile.Write(path, func(w io.Writer) error { return f.download(ctx, url, r, w) })
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		errs = append(errs, fmt.Errorf("%s: %w", url, err))
	}
	return errors.Join(errs...)
}

// isAt reports whether path holds r.
func (r remote) isAt(path string) bool {
	file, err := steadyfile.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return r.check(file) == nil && file.Unchanged() == nil
}

// download copies r from url to w and checks it on the way.
func (f fetcher) download(ctx context.Context, url string, r remote, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server says %s", resp.Status)
	}
	watch := time.AfterFunc(f.stall, func() { cancel(fmt.Errorf("nothing came for %v", f.stall)) })
	defer watch.Stop()
	size := resp.ContentLength
	if size < 0 {
		size = r.size
	}
	m := &meter{r: resp.Body, step: func(done int64) {
		watch.Reset(f.stall)
		f.progress(r.name, done, size)
	}}
	if err := r.check(io.TeeReader(m, w)); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}

// check reads content, unzipping it where r says so, and reports if it is not r's. It reads no
// more than little beyond the size that r must have.
func (r remote) check(content io.Reader) error {
	size := r.size
	if r.unzipped > 0 {
		size = r.unzipped
		unzip, err := gzip.NewReader(io.LimitReader(content, size+1<<20)) // zipping may add a little
		if err != nil {
			return fmt.Errorf("is no gzip file: %w", err)
		}
		content = unzip
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(content, size+1))
	if err != nil {
		return fmt.Errorf("after %d of %d bytes: %w", n, size, err)
	}
	if n < size {
		return fmt.Errorf("ends after %d of %d bytes", n, size)
	}
	if n > size {
		return fmt.Errorf("is longer than its %d bytes", size)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != r.sha256 {
		return fmt.Errorf("has SHA-256 %s; want %s: it was changed or damaged", sum, r.sha256)
	}
	return nil
}

// meter counts what it reads.
type meter struct {
	r    io.Reader
	done int64
	step func(done int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.done += int64(n)
	m.step(m.done)
	return n, err
}
