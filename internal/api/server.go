package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Backend is what a server answers from. Every method may be called from any
// goroutine.
type Backend interface {
	Status(ctx context.Context) (*Status, error)
	Start(ctx context.Context, r StartRequest) (*StartResponse, error)
	Stop(ctx context.Context, r StopRequest) (*StopResponse, error)
	Restart(ctx context.Context, r RestartRequest) (*StartResponse, error)
	Scale(ctx context.Context, r ScaleRequest) (*ScaleResponse, error)
	Reload(ctx context.Context, r ReloadRequest) (*ReloadResponse, error)
	// Kill stops everything and ends the session; the controller ends after
	// the answer has been sent.
	Kill(ctx context.Context, r StopRequest) (*StopResponse, error)
	Explain(ctx context.Context, instance string) (*Explanation, error)
	Environment(ctx context.Context, service string) (*Environment, error)
	// Series returns what instances cost over a time.
	Series(ctx context.Context, r SeriesRequest) (*Metrics, error)
	// Inspect looks at the processes of one instance.
	Inspect(ctx context.Context, instance string) (*Inspection, error)
	// Self returns what prox itself costs.
	Self(ctx context.Context) (*Self, error)
	// Look looks at once at what things cost, all that it tells, and returns
	// when that is known.
	Look(ctx context.Context) error
	// Watched tells that somebody goes on looking at what things cost.
	Watched()
	// Events returns what happened after seq, then what happens, until ctx
	// ends or the controller does, when the channel is closed.
	Events(ctx context.Context, seq uint64) (<-chan Event, error)
	// Shim takes over a connection that a shim has upgraded, until it ends.
	Shim(c net.Conn, r *bufio.Reader)
}

// shimPath is where a shim's upgrade is taken; see package link.
const shimPath = "/v1/shim"

// NewHandler serves b.
func NewHandler(b Backend) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watching") {
			b.Watched()
		}
		if r.URL.Query().Has("look") {
			if err := b.Look(r.Context()); err != nil {
				writeError(w, err)
				return
			}
		}
		answer(w)(b.Status(r.Context()))
	})
	mux.HandleFunc("POST /v1/start", func(w http.ResponseWriter, r *http.Request) {
		var q StartRequest
		if read(w, r, &q) {
			answer(w)(b.Start(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /v1/stop", func(w http.ResponseWriter, r *http.Request) {
		var q StopRequest
		if read(w, r, &q) {
			answer(w)(b.Stop(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /v1/restart", func(w http.ResponseWriter, r *http.Request) {
		var q RestartRequest
		if read(w, r, &q) {
			answer(w)(b.Restart(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /v1/scale", func(w http.ResponseWriter, r *http.Request) {
		var q ScaleRequest
		if read(w, r, &q) {
			answer(w)(b.Scale(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, r *http.Request) {
		var q ReloadRequest
		if read(w, r, &q) {
			answer(w)(b.Reload(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /v1/kill", func(w http.ResponseWriter, r *http.Request) {
		var q StopRequest
		if read(w, r, &q) {
			answer(w)(b.Kill(r.Context(), q))
		}
	})
	mux.HandleFunc("GET /v1/instances/{name}/explanation", func(w http.ResponseWriter, r *http.Request) {
		answer(w)(b.Explain(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("GET /v1/services/{name}/environment", func(w http.ResponseWriter, r *http.Request) {
		answer(w)(b.Environment(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("GET /v1/instances/{name}/processes", func(w http.ResponseWriter, r *http.Request) {
		answer(w)(b.Inspect(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("GET /v1/series", func(w http.ResponseWriter, r *http.Request) {
		q, err := seriesRequest(r.URL.Query())
		if err != nil {
			writeError(w, err)
			return
		}
		if q.Watching {
			b.Watched()
		}
		answer(w)(b.Series(r.Context(), q))
	})
	mux.HandleFunc("GET /v1/self", func(w http.ResponseWriter, r *http.Request) {
		answer(w)(b.Self(r.Context()))
	})
	mux.HandleFunc("GET /v1/events", func(w http.ResponseWriter, r *http.Request) { stream(w, r, b) })
	mux.HandleFunc("GET "+shimPath, func(w http.ResponseWriter, r *http.Request) { upgrade(w, r, b) })
	return mux
}

// answer writes the result of a backend's method.
func answer(w http.ResponseWriter) func(any, error) {
	return func(v any, err error) {
		if err != nil {
			writeError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// The peer may be gone: there is nobody left to tell.
		_ = json.NewEncoder(w).Encode(v)
	}
}

func writeError(w http.ResponseWriter, err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: KindInternal, Message: err.Error()}
		var h interface{ Hint() string }
		if errors.As(err, &h) {
			e.HintText = h.Hint()
		}
	}
	code := http.StatusInternalServerError
	switch e.Kind {
	case KindUsage, KindBadConfig:
		code = http.StatusBadRequest
	case KindNoService:
		code = http.StatusNotFound
	case KindPortTaken, KindBusy:
		code = http.StatusConflict
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct {
		Error *Error `json:"error"`
	}{e})
}

func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(v); err != nil {
		writeError(w, &Error{Kind: KindUsage, Message: "cannot read the request: " + err.Error()})
		return false
	}
	return true
}

// stream sends events as server-sent events, with a comment every 15 s so
// that a peer that is gone is noticed.
func stream(w http.ResponseWriter, r *http.Request, b Backend) {
	since, _ := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	events, err := b.Events(ctx, since)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	if rc.Flush() != nil {
		return
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return
			}
			data, err := json.Marshal(ev)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", ev.Seq, data); err != nil {
				return
			}
			if len(events) > 0 { // more is there: one write for all of it
				continue
			}
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
		if rc.Flush() != nil {
			return
		}
	}
}

func upgrade(w http.ResponseWriter, r *http.Request, b Backend) {
	protocol := r.Header.Get("Upgrade")
	if protocol == "" {
		writeError(w, &Error{Kind: KindUsage, Message: "cannot take a shim without an upgrade"})
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		writeError(w, fmt.Errorf("cannot take the connection over: %w", err))
		return
	}
	if _, err := rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n"); err == nil {
		err = rw.Flush()
		if err == nil {
			b.Shim(conn, rw.Reader)
			return
		}
	}
	_ = conn.Close()
}
