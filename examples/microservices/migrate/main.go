// Command migrate brings the store's schema up to date, and ends.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", os.Getenv("STORE_ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	answers := bufio.NewScanner(c)
	for _, step := range []string{"SET schema 3", "SET item:1 bread", "SET item:2 butter"} {
		fmt.Fprintln(c, step)
		if !answers.Scan() {
			log.Fatalf("%s: no answer", step)
		}
		log.Printf("%s: %s", step, answers.Text())
	}
}
