// Package meilitest is a Meilisearch server of our own for tests, written from
// the public documentation of its API (1.18 and later): indexes, settings,
// documents, tasks, search, multi-search, facets, keys and error bodies. What
// the server refuses it refuses, and it fails when told to. Chinese is cut
// into single characters where the server has a dictionary, and words are
// neither split nor put together.
package meilitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// MasterKey opens everything; SearchKey only searches.
const (
	MasterKey = "master-key-of-the-tests"
	SearchKey = "search-key-of-the-tests"
)

// most is the largest body that is taken (the server's default is about 95 MiB).
const most = 8 << 20

// Server is the double. Its faults may be switched at any time.
type Server struct {
	URL string

	mu      sync.Mutex
	http    *httptest.Server
	indexes map[string]*index
	tasks   []*task
	faults  Faults
	calls   map[string]int
	clock   int64 // counts what happened, in place of a clock
}

// Faults are what goes wrong. The zero value is a server in good health.
type Faults struct {
	Down      bool          // connections end without an answer
	Slow      chan struct{} // requests wait until it is closed, or their caller has gone
	Broken    bool          // 500 to everything
	WrongKey  bool          // the key is not the one the server has now
	TasksFail bool          // tasks end as failed
	TasksHang bool          // tasks stay enqueued
}

// New starts a double that lives until Close.
func New() *Server {
	s := &Server{indexes: map[string]*index{}, calls: map[string]int{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Close ends the server.
func (s *Server) Close() {
	s.Fail(Faults{})
	s.http.CloseClientConnections()
	s.http.Close()
}

// Fail switches what goes wrong from now on.
func (s *Server) Fail(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Lose forgets every index, as a server does whose disk was replaced.
func (s *Server) Lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.indexes)
}

// Empty takes the documents out of an index and leaves it standing.
func (s *Server) Empty(uid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexes[uid].docs, s.indexes[uid].order = map[string]document{}, nil
}

// Calls is how often a route was asked: "POST /multi-search".
func (s *Server) Calls(route string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[route]
}

// Indexes are the names of what there is.
func (s *Server) Indexes() (uids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for uid := range s.indexes {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

// failure is an error as the server words it.
type failure struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Type    string `json:"type"`
	Link    string `json:"link"`
	status  int
}

func refused(status int, code, format string, args ...any) *failure {
	kind := "invalid_request"
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		kind = "auth"
	case status >= 500:
		kind = "internal"
	}
	return &failure{fmt.Sprintf(format, args...), code, kind, "https://docs.meilisearch.com/errors#" + code, status}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.faults
	s.calls[r.Method+" "+r.URL.Path]++
	s.mu.Unlock()
	if f.Down {
		panic(http.ErrAbortHandler)
	}
	if f.Slow != nil {
		_, _ = io.ReadAll(r.Body) // else the server does not hear that the caller has gone
		select {
		case <-f.Slow:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
	if f.Broken {
		answer(w, http.StatusInternalServerError, refused(500, "internal", "An internal error has occurred. `broken`."))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, refused(413, "payload_too_large", "The provided payload reached the size limit. The maximum accepted payload size is 8 MiB."))
		return
	}
	status, out, failed := s.route(r, body, f)
	if failed != nil {
		answer(w, failed.status, failed)
		return
	}
	answer(w, status, out)
}

// allowed checks the key of a request.
func allowed(r *http.Request, f Faults) *failure {
	given := r.Header.Get("Authorization")
	if given == "" {
		return refused(401, "missing_authorization_header", "The Authorization header is missing. It must use the bearer authorization method.")
	}
	searching := r.URL.Path == "/multi-search" || strings.HasSuffix(r.URL.Path, "/search")
	if !f.WrongKey && (given == "Bearer "+MasterKey || given == "Bearer "+SearchKey && searching) {
		return nil
	}
	return refused(403, "invalid_api_key", "The provided API key is invalid.")
}

func (s *Server) route(r *http.Request, body []byte, f Faults) (status int, out any, failed *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/health" {
		return 200, map[string]string{"status": "available"}, nil
	}
	if failed := allowed(r, f); failed != nil {
		return 0, nil, failed
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.Method == "GET" && r.URL.Path == "/version":
		return 200, map[string]string{"commitSha": "0", "commitDate": "2026-01-01", "pkgVersion": "1.22.0"}, nil
	case r.Method == "GET" && r.URL.Path == "/keys":
		return 200, map[string]any{"results": []any{
			map[string]any{"name": "Default Search API Key", "key": SearchKey, "actions": []string{"search"}, "indexes": []string{"*"}}}, "offset": 0, "limit": 20, "total": 1}, nil
	case r.Method == "GET" && parts[0] == "tasks" && len(parts) == 2:
		return s.showTask(parts[1], f)
	}
	if r.Method != "GET" && r.Method != "DELETE" && r.Header.Get("Content-Type") != "application/json" {
		return 0, nil, refused(415, "invalid_content_type", "The Content-Type `%s` is invalid. Accepted values for the Content-Type header are: `application/json`", r.Header.Get("Content-Type"))
	}
	switch {
	case r.Method == "POST" && r.URL.Path == "/multi-search":
		return s.multiSearch(body)
	case r.Method == "POST" && r.URL.Path == "/swap-indexes":
		return s.swap(body)
	case r.Method == "POST" && r.URL.Path == "/indexes":
		return s.createIndex(body)
	case parts[0] == "indexes" && len(parts) >= 2:
		return s.ofIndex(r, parts[1], strings.Join(parts[2:], "/"), body)
	}
	return 0, nil, refused(404, "not_found", "not found")
}

// ofIndex are the routes under /indexes/UID.
func (s *Server) ofIndex(r *http.Request, uid, rest string, body []byte) (int, any, *failure) {
	switch r.Method + " " + rest {
	case "POST documents":
		return s.addDocuments(uid, r.URL.Query().Get("primaryKey"), body)
	case "POST documents/delete-batch":
		return s.deleteBatch(uid, body)
	case "DELETE documents":
		return s.enqueue(uid, "documentDeletion", func() *failure { return s.clear(uid) })
	case "PATCH settings":
		return s.patchSettings(uid, body)
	case "DELETE settings":
		return s.enqueue(uid, "settingsUpdate", func() *failure { s.make(uid).settings = defaults(); return nil })
	case "DELETE ":
		return s.enqueue(uid, "indexDeletion", func() *failure { return s.drop(uid) })
	}
	x := s.indexes[uid]
	if x == nil {
		return 0, nil, notFound(uid)
	}
	switch r.Method + " " + rest {
	case "GET ":
		return 200, x.said(), nil
	case "GET settings":
		return 200, x.settings, nil
	case "GET stats":
		return 200, map[string]any{"numberOfDocuments": len(x.docs), "isIndexing": false, "fieldDistribution": map[string]int{}}, nil
	case "POST search":
		var q searchRequest
		if failed := read(body, &q, searchFields, ""); failed != nil {
			return 0, nil, failed
		}
		found, failed := x.search(q)
		return 200, found, failed
	}
	if id, ok := strings.CutPrefix(rest, "documents/"); ok && r.Method == "GET" {
		if d, ok := x.docs[id]; ok {
			return 200, d, nil
		}
		return 0, nil, refused(404, "document_not_found", "Document `%s` not found.", id)
	}
	return 0, nil, refused(404, "not_found", "not found")
}

func notFound(uid string) *failure {
	return refused(404, "index_not_found", "Index `%s` not found.", uid)
}

// read takes a body apart; what is not known is refused as the server does.
func read(body []byte, into any, fields []string, inside string) *failure {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return refused(400, "malformed_payload", "The json payload provided is malformed. `%s`.", err)
	}
	for name := range raw {
		if !slices.Contains(fields, name) {
			return refused(400, "bad_request", "Unknown field `%s`%s: expected one of `%s`", name, inside, strings.Join(fields, "`, `"))
		}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return refused(400, "bad_request", "Invalid value type%s: %s", inside, err)
	}
	return nil
}

// moment is the time of the next thing that happens.
func (s *Server) moment() time.Time {
	s.clock++
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(s.clock) * time.Second)
}
