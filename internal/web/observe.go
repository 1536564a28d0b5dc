package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"regulars/internal/fault"
)

type requestMetrics struct {
	count   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	ignored *prometheus.CounterVec
}

func newRequestMetrics(r *prometheus.Registry) *requestMetrics {
	m := &requestMetrics{
		count: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "regulars_http_requests_total",
			Help: "Requests answered, by route, method and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "regulars_http_request_seconds",
			Help: "Time to answer, by route.", Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10}}, []string{"route"}),
		ignored: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "regulars_form_fields_ignored_total",
			Help: "Fields of forms that nobody asked for, by route."}, []string{"route"}),
	}
	r.MustRegister(m.count, m.seconds, m.ignored, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe turns a failure into its page, then counts and logs the request
// once. The log names the route, never the address itself: addresses carry
// tokens and what people search for.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		if err != nil {
			s.fail(err, c)
		}
		took := time.Since(began)
		route, method, status := c.Path(), knownMethod(of(c), c.Request().Method), c.Response().Status
		if route == "" {
			route = "none"
		}
		s.requests.count.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
		s.requests.seconds.WithLabelValues(route).Observe(took.Seconds())

		level, failure := slog.LevelInfo, 0
		if err != nil && !gone(c, err) {
			failure = judge(err).status
		}
		switch {
		case failure >= 500 && failure != http.StatusServiceUnavailable:
			level = slog.LevelError
		case status >= 500 || failure >= 500:
			level = slog.LevelWarn // a part is away and comes back by itself
		case route == "/static/:digest/*" || route == "/healthz" || route == "/readyz" || route == "/metrics":
			level = slog.LevelDebug
		}
		attrs := []slog.Attr{slog.String("request", of(c).id), slog.String("method", method), slog.String("route", route),
			slog.Int("status", status), slog.Duration("took", took.Round(10*time.Microsecond)),
			slog.Int64("bytes", c.Response().Size), slog.String("lang", string(of(c).lang))}
		if err != nil && failure != http.StatusSeeOther {
			attrs = append(attrs, slog.String("error", err.Error()))
		}
		s.opt.Log.LogAttrs(c.Request().Context(), level, "request", attrs...)
		return nil
	}
}

func gone(c echo.Context, err error) bool {
	return errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil
}

// knownMethod keeps strangers from making up labels.
func knownMethod(v *visit, m string) string {
	if v.head {
		return http.MethodHead
	}
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// healthz says that the process lives, whatever else is broken.
func (s *Server) healthz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "ok\n")
}

// readyz says whether the shop can take orders: the database is writable and
// the server is not stopping.
func (s *Server) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if s.draining.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.opt.DB.Writable(ctx); err != nil {
		s.opt.Log.Warn("not ready", "error", err)
		return c.String(http.StatusServiceUnavailable, "the database cannot be written\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// metrics answers this machine and the trusted proxies' own machines alone; a
// request that a proxy passed on for somebody else is somebody else's.
func (s *Server) metrics(c echo.Context) error {
	r := c.Request()
	passedOn := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	if passedOn || !(peer(r).IsLoopback() || s.fromTrustedProxy(r)) {
		return fault.New(fault.NotFound, "error.not-found")
	}
	promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(c.Response(), r)
	return nil
}
