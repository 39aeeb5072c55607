package fullstack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

// browsers are the names that Chromium goes by.
var browsers = []string{
	"chromium", "chromium-browser", "google-chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// browser is a headless Chromium with one page, driven by its DevTools
// protocol: JSON objects with a zero byte behind each, on file descriptors 3
// and 4.
type browser struct {
	t       testing.TB
	in      io.Writer
	out     *bufio.Reader
	session string
	calls   int
}

// browse starts one, with a profile of its own. It ends with the test.
func browse(t testing.TB, program string) *browser {
	t.Helper()
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+profile, "--remote-debugging-pipe")
	cmd.Env = append(os.Environ(), "HOME="+profile)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said := &strings.Builder{}
	cmd.Stderr = said
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its profile goes too: nothing is to be saved
		_ = cmd.Wait()                                      // that it was killed is no news
		in.Close()
		out.Close()
		if t.Failed() {
			t.Logf("the browser said:\n%s", said)
		}
		proxtest.Await(t, "the browser's profile to be removed", func() bool { return os.RemoveAll(profile) == nil })
	})
	b := &browser{t: t, in: in, out: bufio.NewReaderSize(out, 1<<16)}
	if err := out.SetReadDeadline(time.Now().Add(4 * proxtest.Patience)); err != nil { // of all that is asked of it
		t.Fatal(err)
	}
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.ID
	return b
}

// call asks for one thing and waits for its answer; events are left out.
func (b *browser) call(method string, params map[string]any, answer any) {
	b.t.Helper()
	b.calls++
	message := map[string]any{"id": b.calls, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatalf("cannot ask the browser: %v", err)
	}
	for {
		line, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("the browser does not answer %s: %v", method, err)
		}
		var got struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(line[:len(line)-1], &got); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case got.ID != b.calls:
			continue
		case got.Error != nil:
			b.t.Fatalf("%s: %s", method, got.Error.Message)
		case answer != nil:
			if err := json.Unmarshal(got.Result, answer); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// open goes to a page, also to the one that it is on.
func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
}

// eval is what an expression comes to on the page, as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var answer struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.Exception != nil {
		b.t.Fatalf("%s: %s", expression, answer.Exception.Text)
	}
	return fmt.Sprint(answer.Result.Value)
}

// text is what one can read on the page.
func (b *browser) text() string { return b.eval("document.body?.innerText ?? ''") }

// see waits until texts can be read on the page.
func (b *browser) see(texts ...string) {
	b.t.Helper()
	for end := time.Now().Add(proxtest.Patience); ; time.Sleep(50 * time.Millisecond) {
		page, missing := b.text(), ""
		for _, text := range texts {
			if !strings.Contains(page, text) {
				missing = text
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("never seen: %s\n%s", missing, page)
		}
	}
}

// fill types a text into the field of that name.
func (b *browser) fill(name, text string) {
	b.t.Helper()
	b.eval(fmt.Sprintf("document.querySelector('[name=%s]').focus()", name))
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// findBrowser is the program's path.
func findBrowser() (string, error) {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("neither Chromium nor Chrome is installed")
}
