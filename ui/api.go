package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// problem is an error with the status of its answer.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

func badRequest(format string, args ...any) error {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &problem{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// answer answers a request that guard let pass. Paths are compared whole and as they were sent, so
// that no encoding of one is another.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawPath != "" || r.URL.Opaque != "" {
		refuse(w, http.StatusNotFound, "there is nothing of this name")
		return
	}
	if f, ok := s.files[r.URL.Path]; ok {
		f.send(w, r)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, http.StatusBadRequest, "the query is damaged")
		return
	}
	if r.URL.Path == "/api/live" {
		s.live.serve(w, r)
		return
	}
	v, err := s.ask(r, query)
	if err != nil {
		p, ok := err.(*problem)
		if !ok {
			p = &problem{http.StatusInternalServerError, err.Error()}
		}
		refuse(w, p.status, p.text)
		return
	}
	sendJSON(w, r, v)
}

// ask finds what a request asks for.
func (s *Server) ask(r *http.Request, query url.Values) (any, error) {
	s.live.fresh()
	if r.URL.Path == "/api/runs" {
		return s.index.listing(), nil
	}
	select { // one at a time reads logs, and the others wait, or go
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	switch r.URL.Path {
	case "/api/curves":
		return s.curves(r.Context(), query)
	case "/api/compare":
		return s.compare(query)
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/api/runs/")
	id, what, _ := strings.Cut(rest, "/")
	run, dir, known := s.index.pick(id)
	if !ok || !known {
		return nil, notFound("there is nothing of this name")
	}
	return s.about(run, dir, what, query)
}

// about answers what is asked of one run.
func (s *Server) about(run Run, dir, what string, query url.Values) (v any, err error) {
	err = s.shelf.read(run.ID, dir, func(d *detail) (err error) {
		if d.started == nil {
			return notFound("%s: %s", run.Name, run.Problem)
		}
		switch what {
		case "":
			v = view(run, d, thumbnails(s.index.root, dir, len(d.started.Data.Classes)))
		case "heat":
			v = heat(d)
		case "confusion":
			v, err = confusionOf(d, query.Get("stage"))
		case "thumbnails.png":
			v, err = readPicture(s.index.root, dir)
		default:
			err = notFound("there is nothing of this name")
		}
		return err
	})
	if _, told := err.(*problem); err != nil && !told {
		err = notFound("%s: %v", run.Name, err) // it is gone, or no file any more
	}
	return v, err
}

// picture is a PNG.
type picture []byte

// sendJSON answers with v, or with a picture as it is.
func sendJSON(w http.ResponseWriter, r *http.Request, v any) {
	if p, ok := v.(picture); ok {
		w.Header().Set("Content-Type", "image/png")
		write(w, r, p)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	write(w, r, body)
}

// write answers with body, whose Content-Type is set.
func write(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendTime)) // tests have none to set
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // to who may be gone
	}
}
