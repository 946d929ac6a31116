package ui

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
)

// policy lets the page load from here alone, and run no script and no style that stands in the markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// headers are those of every answer.
var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
	"Cache-Control":                "no-store",
}

// guard passes on what the page itself asks for, at the address at which the server listens. A site
// that points its own name to this machine (DNS rebinding) is known by the Host, one that asks
// from its own page by Origin and Sec-Fetch-Site.
func guard(at net.Addr, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		switch {
		case !own(r.Host, at):
			refuse(w, http.StatusMisdirectedRequest, "this is the page of lgl ui, at http://"+at.String()+"/ only; to forward it, use the same port at both ends")
		case foreign(r):
			refuse(w, http.StatusForbidden, "asked for by another site; open http://"+at.String()+"/ by itself")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "want GET or HEAD")
		case r.ContentLength != 0:
			w.Header().Set("Connection", "close")
			refuse(w, http.StatusBadRequest, "want a request without a body")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// own reports whether host, as a request has it, is a loopback name with the port of at.
func own(host string, at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		return false
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil { // a browser leaves out the usual port
		name, port = host, "80"
	}
	ip := net.ParseIP(name)
	return port == strconv.Itoa(tcp.Port) && (name == "localhost" || ip != nil && ip.IsLoopback())
}

// foreign reports a request that another site than the page made.
func foreign(r *http.Request) bool {
	if origins, given := r.Header["Origin"]; given && (len(origins) != 1 || origins[0] != "http://"+r.Host) {
		return true
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	return false
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // to who may be gone
}
