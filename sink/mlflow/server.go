package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Server is a tracking server.
type Server struct {
	base                  *url.URL // without user, query and fragment
	user, password, token string
	client                http.Client
}

// NewServer returns the server at an address, http://HOST:PORT. env has the credentials by MLflow's
// names: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN. Those in the
// address count for more.
func NewServer(address string, env func(string) string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("is no URL; want http://HOST:PORT") // err could show a password
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q: want the address of a tracking server, http://HOST:PORT or https://HOST", u.Redacted())
	}
	s := &Server{user: env("MLFLOW_TRACKING_USERNAME"), password: env("MLFLOW_TRACKING_PASSWORD"), token: env("MLFLOW_TRACKING_TOKEN")}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	s.base = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}
	s.client = http.Client{
		Timeout: 2 * time.Minute, // as MLflow's own client

		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a POST would become a GET
	}
	return s, nil
}

// String is the address, without credentials.
func (s *Server) String() string { return s.base.String() }

// Error is what the server answered in place of a result.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"error_code"` // RESOURCE_DOES_NOT_EXIST
	Message string `json:"message"`
}

func (e *Error) Error() string {
	text := strings.TrimSpace(e.Code + " " + e.Message)
	if short := cut(text, 300); short != text {
		text = short + "..."
	}
	return strings.TrimSpace(fmt.Sprintf("the server answers %d %s: %s", e.Status, http.StatusText(e.Status), text))
}

// gone is MLflow's code for what is not there, or no more.
const gone = "RESOURCE_DOES_NOT_EXIST"

// IsGone reports the answer of a server that does not have the run, or its experiment, any more.
func IsGone(err error) bool { return isCode(err, gone) }

// isCode reports an answer with one of MLflow's codes.
func isCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// passes reports an error that can pass by itself: all but a refusal.
func passes(err error) bool {
	var e *Error
	return !errors.As(err, &e) || e.Status >= 500 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests
}

// most is how many bytes of an answer are read; runs/get has a few for each metric.
const most = 8 << 20

// call asks the server: a GET with query, or a POST of body as JSON where that is not nil. The answer
// is put into result unless that is nil.
func (s *Server) call(ctx context.Context, method string, query url.Values, body, result any) error {
	u := *s.base
	u.Path += "/api/2.0/mlflow/" + method
	u.RawQuery = query.Encode()
	verb, content := http.MethodGet, io.Reader(nil)
	if body != nil {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false) // which would make names of classes six times as long
		if err := e.Encode(body); err != nil {
			return err
		}
		verb, content = http.MethodPost, &text
	}
	r, err := http.NewRequestWithContext(ctx, verb, u.String(), content)
	if err != nil {
		return err
	}
	s.sign(r)
	answer, err := s.client.Do(r)
	var asked *url.Error
	if errors.As(err, &asked) { // which repeats the address
		return asked.Err
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return read(answer, result)
}

// sign says who asks, and what.
func (s *Server) sign(r *http.Request) {
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "lgl")
	if s.token != "" && s.user == "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	} else if s.user != "" {
		r.SetBasicAuth(s.user, s.password)
	}
}

// read puts an answer into result, or returns the error that it is.
func read(answer *http.Response, result any) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		e := &Error{Status: answer.StatusCode}
		if json.Unmarshal(text, e) != nil {
			e.Message = string(text)
		}
		if to := answer.Header.Get("Location"); to != "" {
			e.Message = "it has moved to " + to
		}
		return e
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(text, result); err != nil {
		return &Error{Status: answer.StatusCode, Message: "no answer of MLflow's: " + err.Error()}
	}
	return nil
}
