package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchKeepsItsSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var at []time.Duration
		n := 0
		check := func(ctx context.Context) error {
			n++
			switch n {
			case 2:
				<-ctx.Done() // hangs
				return errors.New("whatever")
			case 1, 3:
				return errors.New("not yet")
			}
			return nil
		}
		var errs []string
		Watch(ctx, check, Schedule{First: 100 * time.Millisecond, Interval: 10 * time.Second, Timeout: time.Second}, func(err error) {
			at = append(at, time.Since(began))
			errs = append(errs, fmt.Sprint(err))
			if len(at) == 6 {
				cancel()
			}
		})
		// Asked at 0, 100 ms (answered when its time is up), at once after that,
		// 100 ms later, and every 10 s from the first good answer on.
		want := "[0s 1.1s 1.1s 1.2s 11.2s 21.2s]"
		if fmt.Sprint(at) != want || errs[1] != "no answer within 1s" || errs[3] != "<nil>" {
			t.Errorf("answers at %v, want %s; %q", at, want, errs)
		}
	})
}

// TestWatchIsEagerAtFirst: what is up after a while is seen up a fifth of that, and
// a hundredth of a second, later at most.
func TestWatchIsEagerAtFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for up := time.Duration(0); up < time.Second; up += 7 * time.Millisecond {
			ctx, cancel := context.WithCancel(t.Context())
			began, asked := time.Now(), 0
			check := func(context.Context) error {
				if asked++; time.Since(began) < up {
					return errors.New("not yet")
				}
				return nil
			}
			Watch(ctx, check, Schedule{First: 100 * time.Millisecond, Eager: time.Minute, Interval: time.Second, Timeout: time.Second}, func(err error) {
				if err == nil {
					cancel()
				}
			})
			if late := time.Since(began) - up; late > 10*time.Millisecond+up/5 || late > 100*time.Millisecond || asked > 20 {
				t.Errorf("up after %s: seen %s later, asked %d times", up, late, asked)
			}
		}
	})
}

func TestTCP(t *testing.T) {
	t.Parallel()
	_, port := listen(t, "127.0.0.1:0")
	addr := "localhost:" + strconv.Itoa(port)
	if err := TCP(addr)(t.Context()); err != nil {
		t.Error(err)
	}
	l, closed := listen(t, "127.0.0.1:0")
	_ = l.Close()
	addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(closed))
	if err := TCP(addr)(t.Context()); err == nil || err.Error() != "tcp "+addr+": connection refused" {
		t.Errorf("got %v", err)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "host %s, key %s, agent %s", r.Host, r.Header.Get("X-Key"), r.UserAgent())
	})
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/sick", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		b := []byte(strings.Repeat("x", 1<<16))
		for r.Context().Err() == nil && written.Load() < 1<<30 {
			n, err := w.Write(b)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/reset", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
	plain, secret := httptest.NewServer(mux), httptest.NewTLSServer(mux)
	t.Cleanup(plain.Close)
	t.Cleanup(secret.Close)
	all := regexp.MustCompile("host there, key 1, agent prox")
	for name, c := range map[string]struct {
		spec HTTPSpec
		want string
	}{
		"headers":  {HTTPSpec{URL: plain.URL + "/ok", Body: all, Headers: map[string]string{"host": "there", "x-key": "1"}}, ""},
		"tls":      {HTTPSpec{URL: secret.URL + "/ok"}, ""},
		"body":     {HTTPSpec{URL: plain.URL + "/ok", Body: regexp.MustCompile("^nothing")}, "its body does not match ^nothing"},
		"circle":   {HTTPSpec{URL: plain.URL + "/circle"}, ""},
		"redirect": {HTTPSpec{URL: plain.URL + "/circle", Low: 200, High: 200}, "status 302, wanted 200"},
		"status":   {HTTPSpec{URL: plain.URL + "/sick"}, "status 503, wanted 200-399"},
		"hang":     {HTTPSpec{URL: plain.URL + "/hang"}, "no answer"},
		"reset":    {HTTPSpec{URL: plain.URL + "/reset"}, ""},
		"endless":  {HTTPSpec{URL: plain.URL + "/endless", Body: regexp.MustCompile("y")}, "does not match y"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.spec.Low == 0 {
				c.spec.Low, c.spec.High = 200, 399
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := HTTP(c.spec)(ctx)
			switch {
			case name == "reset":
				if err == nil {
					t.Error("a connection that was reset is an answer")
				}
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.spec.URL+": ") || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if n := written.Load(); n == 0 || n > 64<<20 { // 1 MB is read, the rest is what sockets hold
		t.Errorf("the endless body was taken for %d bytes", n)
	}
}

func sh(line string) CommandSpec {
	return CommandSpec{Text: line, Argv: []string{"/bin/sh", "-c", line}, Env: os.Environ()}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"true":   "",
		"exit 3": "exit code 3",
		"printf '\\033[31mno route\\033[0m\\r\\n\\n'; exit 2": "exit code 2: [31mno route[0m",
		"kill -9 $$":                    "killed by SIGKILL",
		"yes | head -c 1000000; exit 1": "exit code 1: y",
		"sleep 1000 & exit 0":           "", // its output is held open
	} {
		err := Command(sh(line))(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != line+": "+want) {
			t.Errorf("%s: got %v, want %q", line, err, want)
		}
	}
	if err := Command(CommandSpec{Text: "gone", Argv: []string{"/nowhere/gone"}})(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

func TestCommandIsKilledWithAllItStarted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Command(sh("trap '' TERM; (trap '' TERM; echo $$ >" + file + ".new; mv " + file + ".new " + file + "; while :; do sleep 1; done) & wait"))(ctx)
	}()
	var pid int
	for end := time.Now().Add(10 * time.Second); pid == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		b, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it was killed, and is good")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := syscall.Kill(-pid, 0); errors.Is(err, syscall.ESRCH) {
			break
		}
		if b, _ := exec.Command("ps", "-o", "stat=", "-g", strconv.Itoa(pid)).Output(); strings.HasPrefix(strings.TrimSpace(string(b)), "Z") {
			break // nobody reaps orphans here
		}
		if time.Now().After(end) {
			t.Fatalf("group %d lives on", pid)
		}
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "n")
	if err := os.WriteFile(path, nil, 0o600); err != nil { // of an earlier listener
		t.Fatal(err)
	}
	n, err := ListenNotify(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan Message, 8)
	done := make(chan struct{})
	go func() { defer close(done); n.Serve(ctx, func(m Message) { got <- m }) }()
	c, err := net.Dial("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "READY=1\nSTATUS=\x1b[31mup\nWATCHDOG=1\nMAINPID=1")
	if m := <-got; m != (Message{Ready: true, Watchdog: true, Status: "[31mup"}) {
		t.Errorf("got %+v", m)
	}
	cancel()
	<-done
	if _, err := os.Stat(path); err == nil {
		t.Error("its socket stays")
	}
}

func FuzzParseNotify(f *testing.F) {
	for _, s := range []string{"READY=1", "READY=0\nSTATUS=a\r\n", "=\n==", "WATCHDOG=1\nSTOPPING=1", "STATUS=\xff\x00\u202e"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := ParseNotify(b)
		if strings.ContainsAny(m.Status, "\n\r\x1b\x00") || len(m.Status) > wordsMost+len("…") {
			t.Errorf("%q", m.Status)
		}
		if m.Ready && !strings.Contains(string(b), "READY=1") {
			t.Errorf("ready by %q", b)
		}
	})
}
