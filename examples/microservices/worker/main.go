// Command worker packs orders: it takes them from one of the store's queues and
// puts a mail into another.
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", os.Getenv("STORE_ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	context.AfterFunc(ctx, func() { c.Close() })
	answers := bufio.NewScanner(c)
	ask := func(line string) string {
		fmt.Fprintln(c, line)
		if answers.Scan() {
			return answers.Text()
		}
		if ctx.Err() != nil {
			os.Exit(0)
		}
		log.Fatal("the store is gone: ", answers.Err())
		return ""
	}
	log.Printf("worker %d is ready", os.Getpid())
	for ctx.Err() == nil {
		order := ask("POP orders")
		if order == "" {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		log.Printf("packed %s", order)
		ask("PUSH mails " + order + " is on its way")
	}
}
