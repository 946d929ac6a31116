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

	"github.com/local-to-global/lgl/report"
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
	".svg": "image/svg+xml",
}

// page returns the parts of the page by the path at which they are served. uPlot is that of reports, made a module.
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
		files["/"+name] = newFile(path.Ext(name), body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	style, script := report.UPlot()
	files["/assets/uplot.css"] = newFile(".css", []byte(style))
	files["/assets/uplot.js"] = newFile(".js", []byte(script+"export default uPlot;\n"))
	index, ok := files["/assets/index.html"]
	if !ok {
		return nil, fmt.Errorf("the page has no index.html")
	}
	files["/"] = index
	return files, nil
}

// newFile returns body as a file whose name ends with ext.
func newFile(ext string, body []byte) file {
	sum := sha256.Sum256(body)
	return file{kinds[ext], `"` + hex.EncodeToString(sum[:8]) + `"`, body}
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
