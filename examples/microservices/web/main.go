// Command web is the shop's page: GET /?item=N buys one.
package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

var page = template.Must(template.New("").Parse(`<!doctype html><title>{{.Shop}}</title><h1>{{.Shop}}</h1><p>{{.Text}}</p>` + "\n"))

func buy(ctx context.Context, item string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("API_URL")+"/items/"+url.PathEscape(item)+"?user=you", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(b)))
	}
	return strings.TrimSpace(string(b)), err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		item := r.FormValue("item")
		if item == "" {
			item = "1"
		}
		got, err := buy(r.Context(), item)
		text := "You bought " + got + "."
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			text = err.Error()
		}
		if err := page.Execute(w, map[string]string{"Shop": os.Getenv("SHOP"), "Text": text}); err != nil {
			log.Print(err)
		}
	})
	srv := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	log.Printf("open on http://%s", srv.Addr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
