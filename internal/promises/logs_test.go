package promises

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"prox/internal/proxtest"
)

// numbersEnv makes the test's own program write that many numbered lines.
const numbersEnv = "PROX_TEST_NUMBERS"

const numberedLine = "000000000 of the lines that are counted: each is to be found once, and in its place, whatever happens\n"

// writeNumbers writes lines 0 to n-1 as quickly as they are taken.
func writeNumbers(n int) {
	piece := bytes.Repeat([]byte(numberedLine), 1000)
	for at := 0; at < n; {
		k := min(1000, n-at)
		for i := range k {
			digits := piece[i*len(numberedLine):][:9]
			for v, d := at+i, 8; d >= 0; v, d = v/10, d-1 {
				digits[d] = byte('0' + v%10)
			}
		}
		if _, err := os.Stdout.Write(piece[:k*len(numberedLine)]); err != nil {
			os.Exit(1)
		}
		at += k
	}
}

// count reads numbered lines, each after a prefix, and tells the first that is
// not in its place.
func count(from io.Reader, prefix string, last int) (int, error) {
	in := bufio.NewReaderSize(from, 1<<20)
	next := 0
	for next < last {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return next, err
		}
		rest, ok := bytes.CutPrefix(line, []byte(prefix))
		if !ok || len(rest) != len(numberedLine) {
			return next, fmt.Errorf("after line %d comes %q", next-1, line)
		}
		n, err := strconv.Atoi(string(rest[:9]))
		if err != nil || n != next {
			return next, fmt.Errorf("after line %d comes line %d", next-1, n)
		}
		next++
	}
	return next, nil
}

// TestEveryLineOfAGigabyteIsKept: through new files, compression, two that
// follow, and the controller's death.
func TestEveryLineOfAGigabyteIsKept(t *testing.T) {
	t.Parallel()
	lines := (1 << 30) / len(numberedLine)
	if testing.Short() {
		lines /= 20
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := proxtest.New(t, "prox.toml", fmt.Sprintf(`
[services.flood]
command = "while [ ! -f go ]; do sleep 0.01; done; %s=%d exec '%s'"
pty = false
restart = { mode = "never" }
logs = { max_size = "16MiB", max_total = "4GiB" }
`, numbersEnv, lines, self))
	p.Must("start", "--no-wait")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	follow := p.Command(ctx, "logs", "flood", "--follow", "-n", "all")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	followed := make(chan error, 1)
	go func() {
		n, err := count(out, "flood  | ", lines)
		if err != nil {
			err = fmt.Errorf("who follows: %d lines of %d: %w", n, lines, err)
		}
		followed <- err
	}()
	p.Write("go", "")
	folder := ""
	proxtest.Await(t, "a second file", func() bool {
		files := strings.Fields(p.Must("logs", "flood", "--path").Out)
		if len(files) > 0 {
			folder = filepath.Dir(files[0])
		}
		return len(files) > 1
	})
	kill9(t, controller(t, p))
	if err := <-followed; err != nil {
		t.Error(err)
	}
	cancel()
	_ = follow.Wait() // it was killed
	p.AwaitState("flood", "done")
	whole := func(what string) {
		t.Helper()
		raw := p.Command(t.Context(), "logs", "flood", "--raw")
		out, err := raw.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Start(); err != nil {
			t.Fatal(err)
		}
		n, err := count(out, "", lines)
		if rest, e := io.ReadAll(out); err == nil && (e != nil || len(rest) > 0) {
			err = fmt.Errorf("%d bytes after the last line (%v)", len(rest), e)
		}
		if e := raw.Wait(); err != nil || e != nil {
			t.Errorf("%s: %d lines of %d: %v, %v", what, n, lines, err, e)
		}
	}
	proxtest.Await(t, "all files but the newest to be compressed", func() bool {
		plain, err := filepath.Glob(filepath.Join(folder, "*.log"))
		return err == nil && len(plain) == 1
	})
	whole("compressed")
	last := fmt.Sprintf("%09d", lines-1)
	if r := p.Must("logs", "flood", "--grep", last); strings.Count(r.Out, "\n") != 1 || !strings.Contains(r.Out, last) {
		t.Error(r)
	}
	if r := p.Must("logs", "flood", "--grep", "^0*12345 of"); strings.Count(r.Out, "\n") != 1 {
		t.Error(r)
	}
}
