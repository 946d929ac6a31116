package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assets embed.FS

// file is a part of the page.
type file struct {
	kind string // its Content-Type
	etag string
	body []byte
}

// kinds are the Content-Types by the end of the name.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

// page returns the parts of the page by the path at which they are served.
func page() (map[string]file, error) {
	files := map[string]file{}
	err := fs.WalkDir(assets, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := assets.ReadFile(name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			kind = kinds[".txt"] // licences
		}
		sum := sha256.Sum256(body)
		files["/"+name] = file{kind, `"` + hex.EncodeToString(sum[:8]) + `"`, body}
		return nil
	})
	if err != nil {
		return nil, err
	}
	index, ok := files["/assets/index.html"]
	if !ok {
		return nil, fmt.Errorf("the page has no index.html")
	}
	files["/"] = index
	return files, nil
}

// send answers with the file, or that it has not changed.
func (f file) send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache") // ask again, with the ETag
	w.Header().Set("ETag", f.etag)
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	write(w, r, f.body)
}
