package catalog

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/local-to-global/lgl/internal/mutate"
)

// content is what the test's server offers: enough to come in several pieces.
var content = bytes.Repeat([]byte("local to global "), 1<<14)

func zipped(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b)
	w.Close()
	return buf.Bytes()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// plain and packed describe content as a file, and as a gzipped one pinned by what is in it.
func plain(from ...string) remote {
	return remote{name: "file", from: from, size: int64(len(content)), sha256: digest(content)}
}

func packed(from ...string) remote {
	return remote{name: "file", from: from, size: 1, sha256: digest(content), unzipped: int64(len(content))}
}

// serve starts a server and returns its address and the number of requests it has had.
func serve(t *testing.T, h http.HandlerFunc) (from string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/", requests
}

func body(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(b) }
}

// stall is the fetcher's, shorter only in the test of it.
var stall = time.Minute

// fetch fetches r into dir, and checks that dir then holds r and nothing else, or on an error
// only what was there before.
func fetch(t *testing.T, ctx context.Context, r remote, dir string) error {
	t.Helper()
	list := func() (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	before := list()
	f := newFetcher(func(string, int64, int64) {})
	f.stall = stall
	err := f.file(ctx, r, filepath.Join(dir, r.name))
	switch {
	case err != nil && !slices.Equal(list(), before):
		t.Errorf("after an error the directory holds %v; before it %v", list(), before)
	case err == nil && (!slices.Equal(list(), []string{"file"}) || !r.isAt(filepath.Join(dir, "file"))):
		t.Errorf("the directory holds %v", list())
	}
	return err
}

func TestFetchFile(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		served []byte
		pinned func(...string) remote
	}{"plain": {content, plain}, "gzip": {zipped(content), packed}} {
		from, requests := serve(t, body(c.served))
		dir := t.TempDir()
		for range 2 { // the second time it is there already
			if err := fetch(t, ctx, c.pinned(from), dir); err != nil || requests.Load() != 1 {
				t.Fatalf("%s: %v after %d requests", name, err, requests.Load())
			}
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "file")); !bytes.Equal(got, c.served) {
			t.Errorf("%s: the file is not as served", name)
		}
		write(t, c.served[:100], dir, "file")
		if err := fetch(t, ctx, c.pinned(from), dir); err != nil || requests.Load() != 2 {
			t.Errorf("%s, damaged file: %v after %d requests", name, err, requests.Load())
		}
	}
}

func TestFetchFails(t *testing.T) {
	changed := bytes.Clone(content)
	changed[7]++
	missing := func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
	short := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		w.Write(content[:1000])
	}
	for name, c := range map[string]struct {
		serve  http.HandlerFunc
		pinned func(...string) remote
		want   string
	}{
		"changed":        {body(changed), plain, "has SHA-256 " + digest(changed) + "; want " + digest(content)},
		"changed in gz":  {body(zipped(changed)), packed, "has SHA-256 " + digest(changed)},
		"cut short":      {short, plain, "after 1000 of 262144 bytes: unexpected EOF"},
		"shorter":        {body(content[:1000]), plain, "ends after 1000 of 262144 bytes"},
		"longer":         {body(append(bytes.Clone(content), 1)), plain, "is longer than its 262144 bytes"},
		"longer in gz":   {body(zipped(make([]byte, 1<<24))), packed, "is longer than its 262144 bytes"},
		"gz cut short":   {body(zipped(content)[:500]), packed, "unexpected EOF"},
		"not found":      {missing, plain, "the server says 404 Not Found"},
		"a page instead": {body([]byte("<html>log in</html>")), packed, "is no gzip file"},
	} {
		from, _ := serve(t, c.serve)
		dir := t.TempDir()
		if name == "changed" {
			write(t, []byte("an old file"), dir, "file")
		}
		if err := fetch(t, context.Background(), c.pinned(from), dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), from) {
			t.Errorf("%s: error %v; want %q", name, err, c.want)
		}
	}
	if err := fetch(t, context.Background(), plain("http://127.0.0.1:1/"), t.TempDir()); err == nil {
		t.Error("no server: no error")
	}
}

func TestFetchStalls(t *testing.T) {
	defer func(before time.Duration) { stall = before }(stall)
	stall = 100 * time.Millisecond
	from, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	if err := fetch(t, context.Background(), plain(from), t.TempDir()); err == nil || !strings.Contains(err.Error(), "nothing came for 100ms") {
		t.Errorf("error %v", err)
	}
}

func TestFetchTriesTheNextAddress(t *testing.T) {
	bad, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	good, _ := serve(t, body(content))
	if err := fetch(t, context.Background(), plain(bad, good), t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := fetch(t, context.Background(), plain(bad, bad+"x/"), t.TempDir()); err == nil || strings.Count(err.Error(), "404 Not Found") != 2 {
		t.Errorf("both bad: %v", err)
	}
}

func TestFetchCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	from, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	if err := fetch(t, ctx, plain(from, from), t.TempDir()); !errors.Is(err, context.Canceled) || requests.Load() != 1 {
		t.Errorf("error %v after %d requests", err, requests.Load())
	}
}

// TestFetchDataset fetches a whole data set and reports progress.
func TestFetchDataset(t *testing.T) {
	from, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(content[:len(r.URL.Path)]) })
	var d dataset
	for _, name := range []string{"a", "bcd"} {
		b := content[:len("/"+name)]
		d.files = append(d.files, remote{name: name, from: []string{from}, size: int64(len(b)), sha256: digest(b)})
	}
	d.find = func(dir string) (string, bool) { return dir, true }
	dir := filepath.Join(t.TempDir(), "new", "set")
	seen := map[string]int64{}
	f := newFetcher(func(file string, done, total int64) {
		if done > total {
			t.Errorf("%s: %d of %d bytes", file, done, total)
		}
		seen[file] = done
	})
	for range 2 {
		clear(seen)
		if where, err := f.dataset(context.Background(), d, dir); err != nil || where != dir || seen["a"] != 2 || seen["bcd"] != 4 {
			t.Errorf("%s, %v, progress %v", where, err, seen)
		}
	}
	write(t, nil, filepath.Dir(dir), "file")
	if _, err := f.dataset(context.Background(), d, filepath.Join(filepath.Dir(dir), "file")); err == nil {
		t.Error("a file where the directory should be: no error")
	}
}

func TestFetchRefuses(t *testing.T) {
	for name, want := range map[string]string{
		"toy":  `data "toy" is generated`,
		"nope": `data "nope" cannot be fetched; these can: fashion-mnist,`,
	} {
		if _, err := Fetch(context.Background(), name, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// little is what a mirror is asked for in the tests of damage.
var little = content[:1<<10]

// checkFetched holds b to the pinned files: only what has the content is taken.
func checkFetched(t *testing.T, b []byte) error {
	failed := errors.New("not taken")
	for _, r := range []remote{
		{name: "file", size: int64(len(little)), sha256: digest(little)},
		{name: "file", size: 1, sha256: digest(little), unzipped: int64(len(little))},
	} {
		mutate.Within(t, 4<<20, func() {
			if r.check(bytes.NewReader(b)) != nil {
				return
			}
			failed = nil
			got := b
			if r.unzipped > 0 {
				z, err := gzip.NewReader(bytes.NewReader(b))
				if err == nil {
					got, err = io.ReadAll(z)
				}
				if err != nil {
					t.Error(err)
				}
			}
			if !bytes.Equal(got, little) {
				t.Errorf("%d other bytes were taken", len(got))
			}
		})
	}
	return failed
}

// FuzzFetched: a mirror gives what it likes.
func FuzzFetched(f *testing.F) {
	f.Add(little)
	f.Add(zipped(little))
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkFetched(t, b) })
}

func TestMutations(t *testing.T) {
	mutate.Each(t, 8<<20, [][]byte{little, zipped(little)}, checkFetched)
}
