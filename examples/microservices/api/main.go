// Command api sells what is in the store: GET /items/N?user=NAME. Whoever may
// buy gets an item, and the mailer something to send.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// ask puts one line to the store.
func ask(ctx context.Context, line string) (string, error) {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", os.Getenv("STORE_ADDR"))
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	fmt.Fprintln(c, line)
	answer, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// may asks auth.
func may(ctx context.Context, user string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("AUTH_URL")+"/check?user="+url.QueryEscape(user), nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK, err
}

func health(w http.ResponseWriter, r *http.Request) {
	schema, err := ask(r.Context(), "GET schema")
	if err != nil || schema != "3" {
		http.Error(w, fmt.Sprintf("schema %q: %v", schema, err), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

func item(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	if ok, err := may(r.Context(), user); err != nil || !ok {
		http.Error(w, fmt.Sprintf("not for you: %v", err), http.StatusForbidden)
		return
	}
	name, err := ask(r.Context(), "GET item:"+r.PathValue("n"))
	if err == nil && name != "" {
		_, err = ask(r.Context(), "PUSH orders "+name+" for "+user)
	}
	if err != nil || name == "" {
		http.Error(w, fmt.Sprintf("no such item: %v", err), http.StatusNotFound)
		return
	}
	log.Printf("%s buys %s", user, name)
	fmt.Fprintln(w, name)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", health)
	mux.HandleFunc("GET /items/{n}", item)
	srv := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	log.Printf("selling on %s, log level %s", srv.Addr, os.Getenv("LOG_LEVEL"))
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
