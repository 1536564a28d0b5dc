// Package web is the shop's door to HTTP: the server and its guards, the
// language in the address, sessions, forms, pages, failures and assets. It
// knows no noun of the trade; storefront and admin register their routes here
// and hang what only they know (departments, cart count, menu) on every page
// by OnPage. Echo lives behind it, so a move to another router touches one
// folder.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Options is what a Server is made of. DB, Templates, Static, Secret, Log and
// Now are required.
type Options struct {
	Log            *slog.Logger
	BaseURL        string         // https://shop.example; empty = any host is answered and links stay relative
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed; none = nobody's
	Secret         []byte         // 32 bytes or more; signs form tokens and notices
	Templates      fs.FS          // layout/*.html, storefront/*.html, admin/*.html
	Static         fs.FS          // css/, js/, img/
	Dev            bool           // read templates and static files again for every page
	Now            func() time.Time
	DB             *db.DB
	Ignored        func(route string, names []string) // told of fields that no form asked for; may be nil
	Ready          func(net.Addr)                     // called once the server accepts connections; may be nil
}

// Server answers the shop's requests. Routes are added to Echo before Serve;
// it is an http.Handler for tests.
type Server struct {
	Echo    *echo.Echo           // routes: s.Echo.GET("/cart", …); addresses stand without language prefix
	Metrics *prometheus.Registry // what /metrics shows; other packages may register here

	opt      Options
	base     *url.URL // nil without BaseURL
	sessions *scs.SessionManager
	pages    atomic.Pointer[pageSet]
	tree     atomic.Pointer[assetTree]
	requests *requestMetrics
	hooks    []func(echo.Context, *Page)
	noOrigin map[string]bool  // route patterns that strangers' servers post to
	large    map[string]int64 // route patterns that take uploads: how many bytes
	idle     map[string]bool  // route patterns that a page asks by itself
	draining atomic.Bool
	rendered sync.Map // page names that were rendered, for the test that every page is
}

const (
	bodyCap   = 1 << 20
	drainTime = 10 * time.Second
)

// New makes a server with its own routes (/static, /healthz, /readyz,
// /metrics) and parses every page, so that a broken template stops the start.
func New(opt Options) (*Server, error) {
	if len(opt.Secret) < 32 {
		return nil, errors.New("the secret that signs form tokens must have 32 bytes or more")
	}
	s := &Server{Echo: echo.New(), Metrics: prometheus.NewRegistry(), opt: opt, noOrigin: map[string]bool{}, large: map[string]int64{}, idle: map[string]bool{}}
	if opt.BaseURL != "" {
		u, err := url.Parse(strings.TrimSuffix(opt.BaseURL, "/"))
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" {
			return nil, fmt.Errorf("base URL %q should look like https://shop.example", opt.BaseURL)
		}
		s.base = u
	}
	if err := s.reload(); err != nil {
		return nil, err
	}
	s.requests = newRequestMetrics(s.Metrics)
	s.sessions = s.newSessions()

	e := s.Echo
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = ipExtractor(opt.TrustedProxies)
	e.HTTPErrorHandler = s.fail
	// Outermost first. A failure is turned into its page by observe, so that
	// everything inside it still works for that page.
	e.Use(s.observe, s.recovered, s.checkHost, s.capBody, s.loadSession, s.checkOrigin)
	e.GET("/static/:digest/*", s.serveAsset)
	e.GET("/healthz", s.healthz)
	e.GET("/readyz", s.readyz)
	e.GET("/metrics", s.metrics)
	return s, nil
}

// reload parses the pages and reads the static tree.
func (s *Server) reload() error {
	tree, err := readAssets(s.opt.Static)
	if err != nil {
		return err
	}
	pages, err := parsePages(s.opt.Templates)
	if err != nil {
		return err
	}
	s.tree.Store(tree)
	s.pages.Store(pages)
	return nil
}

// OnPage adds a hook that fills what only a higher floor knows into every
// page that NewPage makes, the error page included; a hook must not fail.
func (s *Server) OnPage(hook func(echo.Context, *Page)) { s.hooks = append(s.hooks, hook) }

// ExemptOrigin lets other servers post to these route patterns (webhooks,
// one-click unsubscribe): no origin and no form token is asked for.
func (s *Server) ExemptOrigin(patterns ...string) {
	for _, p := range patterns {
		s.noOrigin[p] = true
	}
}

// AllowLarge lets these route patterns take bodies of so many bytes.
func (s *Server) AllowLarge(bytes int64, patterns ...string) {
	for _, p := range patterns {
		s.large[p] = bytes
	}
}

// Unattended says of route patterns that pages ask them by themselves: they do
// not count as use of a session, or an open tab would keep it for ever.
func (s *Server) Unattended(patterns ...string) {
	for _, p := range patterns {
		s.idle[p] = true
	}
}

// Stopping reports whether the server is about to end: what goes on by itself
// ends first.
func Stopping(c echo.Context) bool { return of(c).server.draining.Load() }

// visit is what web knows about one request. It hangs on the context, where
// only this package can reach it.
type visit struct {
	server  *Server
	lang    i18n.Lang
	path    string // without the language prefix
	head    bool   // the browser asked by HEAD
	id      string
	csrfTo  *string // the visitor token set in this very answer
	session bool    // the context carries a session
	saved   bool    // what the session holds is stored
	flash   []flash // notices to send on with the answer
	flashed bool    // the notices that came with the request were read
}

type visitKey struct{}

func of(c echo.Context) *visit { return c.Request().Context().Value(visitKey{}).(*visit) }

// ServeHTTP takes the language off the address, sets the headers that every
// answer carries, and routes. HEAD is answered by the GET route.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{server: s, lang: i18n.English, id: requestID(), head: r.Method == http.MethodHead}
	inner := r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	u := *r.URL
	inner.URL = &u
	if v.head {
		inner.Method = http.MethodGet // on a copy: net/http still knows to send no body
	}
	v.lang = splitLanguage(&u)
	v.path = u.Path
	s.setHeaders(w.Header(), v.id)
	z := newZipper(w, r)
	defer z.close()
	s.Echo.ServeHTTP(z, inner)
}

// Serve listens on addr until ctx ends, then stops accepting and lets running
// requests finish for at most 10 seconds.
func (s *Server) Serve(ctx context.Context, addr string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
		// Requests outlive ctx: they get the drain time.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if s.opt.Ready != nil {
		s.opt.Ready(listener.Addr())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", addr, err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		server.Close()
		return fmt.Errorf("requests still ran %s after the stop: %w", drainTime, err)
	}
	return nil
}
