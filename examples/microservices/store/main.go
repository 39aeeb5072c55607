// Command store is a database of texts, spoken to in lines over TCP:
//
//	SET key value    GET key    ADD key (counts)    PUSH queue text    POP queue
//
// It answers with one line; an empty one stands for nothing.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

type store struct {
	mu     sync.Mutex
	values map[string]string
	counts map[string]int
	queues map[string][]string
}

func (s *store) answer(line string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	verb, rest, _ := strings.Cut(line, " ")
	key, value, _ := strings.Cut(rest, " ")
	switch verb {
	case "SET":
		s.values[key] = value
		return "ok"
	case "GET":
		return s.values[key]
	case "ADD":
		s.counts[key]++
		return fmt.Sprint(s.counts[key])
	case "PUSH":
		s.queues[key] = append(s.queues[key], value)
		return "ok"
	case "POP":
		if q := s.queues[key]; len(q) > 0 {
			s.queues[key] = q[1:]
			return q[0]
		}
		return ""
	}
	return "what is " + verb + "?"
}

func (s *store) serve(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		if _, err := fmt.Fprintln(c, s.answer(lines.Text())); err != nil {
			return
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	context.AfterFunc(ctx, func() { l.Close() })
	log.Printf("storing on %s", l.Addr())
	s := &store{values: map[string]string{}, counts: map[string]int{}, queues: map[string][]string{}}
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			log.Print("closing")
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		go s.serve(c)
	}
}
