package promises

import (
	"fmt"
	"io"
	"net"
	"time"
)

// talkEnv makes this binary a service that talks to itself.
const talkEnv = "PROX_TEST_TALK"

// talk sends 200 kB a second over a connection, until nobody takes them.
func talk() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	fmt.Println("up")
	for err == nil {
		time.Sleep(50 * time.Millisecond)
		_, err = c.Write(make([]byte, 10_000))
	}
}
