// Command db is a store of counters: GET /NAME reads one, POST /NAME adds one.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type counters struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method == http.MethodPost {
		c.n[r.URL.Path]++
		log.Printf("%s is now %d", r.URL.Path, c.n[r.URL.Path])
	}
	fmt.Fprintf(w, "%d\n", c.n[r.URL.Path])
}

func main() {
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	srv := &http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           &counters{n: map[string]int{}},
		ReadHeaderTimeout: 5 * time.Second,
	}
	context.AfterFunc(ctx, func() {
		log.Print("closing")
		if err := srv.Close(); err != nil {
			log.Print(err)
		}
	})
	log.Printf("counting on %s", srv.Addr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
