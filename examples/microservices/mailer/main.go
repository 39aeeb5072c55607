// Command mailer sends mails: it prints them. It tells whoever started it that
// it is ready, and that it lives, as sd_notify does.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// notify says something to who started this; nothing if nobody listens.
func notify(ctx context.Context, text string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unixgram", path)
	if err != nil {
		log.Print(err)
		return
	}
	defer c.Close()
	fmt.Fprint(c, text)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", os.Getenv("STORE_ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	context.AfterFunc(ctx, func() { c.Close() })
	answers := bufio.NewScanner(c)
	notify(ctx, "STATUS=looking for mails")
	for first := true; ctx.Err() == nil; first = false {
		fmt.Fprintln(c, "POP mails")
		if !answers.Scan() {
			break
		}
		if first {
			notify(ctx, "READY=1")
		}
		notify(ctx, "WATCHDOG=1")
		if mail := answers.Text(); mail != "" {
			log.Printf("sent from %s: %s", os.Getenv("MAIL_FROM"), mail)
			continue
		}
		time.Sleep(200 * time.Millisecond)
	}
	if ctx.Err() == nil {
		log.Fatal("the store is gone")
	}
}
