package logstore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	want := record{time: -5, offset: 1 << 40, mark: MarkExited, stream: Stderr, value: -9}
	b := want.append(nil)
	if got, ok := parseRecord(b); len(b) != recordSize || !ok || got != want {
		t.Errorf("%+v became %+v, %v", want, got, ok)
	}
	if len(header()) != headerSize {
		t.Error("the header's size")
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(record{time: 1, offset: 2, mark: markChunk, stream: Stderr, value: 3}.append(nil))
	f.Add(make([]byte, recordSize))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parseRecord(b)
		if !ok {
			return
		}
		if got := string(r.append(nil)); got != string(b[:recordSize]) {
			t.Errorf("%q became %q", b[:recordSize], got)
		}
	})
}

// Whatever an index says, all bytes are read, and a writer can go on.
func FuzzIndex(f *testing.F) {
	chunk := record{time: at(1).UnixNano(), mark: markChunk}.append(nil)
	later := record{time: at(9).UnixNano(), offset: 3, mark: markChunk, stream: Stderr}.append(nil)
	mark := record{time: at(9).UnixNano(), offset: 5, mark: MarkStarted, value: 2}.append(nil)
	h := string(header())
	f.Add(h+string(chunk)+string(later)+string(mark), "one\ntwo\nthree")
	f.Add(h+string(later)+string(chunk), "one\ntwo\n")
	f.Add(h+string(mark)+string(mark[:9]), "\n\n")
	f.Add(h[:7], "x")
	f.Add("", "")
	f.Add(h+strings.Repeat("\xff", 100), "one\n")
	f.Fuzz(func(t *testing.T, idx, log string) {
		dir := t.TempDir()
		os.WriteFile(idxPath(dir, 1), []byte(idx), 0o600)
		os.WriteFile(logPath(dir, 1), []byte(log), 0o600)
		if _, err := Tail(dir, 1); err != nil {
			if errors.Is(err, ErrNewerFormat) {
				return
			}
			t.Fatal(err)
		}
		check := func(log string) {
			t.Helper()
			n := 0
			for _, l := range collect(t, dir, Query{}) {
				n += len(l.Text)
			}
			if want := len(strings.NewReplacer("\n", "", "\r", "").Replace(log)); n < want || n > len(log) {
				t.Fatalf("%d bytes in lines of %q", n, log)
			}
			for _, q := range []Query{{Tail: 3, Marks: true}, {Since: at(5)}, {Tail: -1}} {
				collect(t, dir, q)
			}
		}
		check(log)
		w := create(t, dir, Options{})
		w.MarkStart(at(20), 3)
		put(t, w, at(20), Stdout, "more\n")
		shut(t, w)
		check(log + "more\n")
		if got := raw(t, dir); got != log+"more\n" {
			t.Fatalf("raw %q", got)
		}
		lines, err := Tail(dir, 1)
		if err != nil || len(lines) != 1 || string(lines[0].Text) != "more" {
			t.Fatalf("%+v, %v", lines, err)
		}
	})
}

func TestFolder(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"api": "api", "web.1": "web.1", "a_b-c": "a_b-c", "größe": "größe",
		"..": "%2E%2E", ".": "%2E", "": "%", ".a": "%2Ea", "a.": "a%2E", "a/b": "a%2Fb", "a%2Fb": "a%252Fb", "a\x00": "a%00",
	} {
		if got := Folder("/r", name); got != "/r/"+want {
			t.Errorf("%q is in %q, want %q", name, got, want)
		}
	}
}

func FuzzFolder(f *testing.F) {
	for _, s := range []string{"api", "..", "a/b", "", "%", "%2e", "Ü.1", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folder := escape(name)
		if filepath.Base(folder) != folder || folder == "." || folder == ".." || utf8.ValidString(name) && !utf8.ValidString(folder) {
			t.Errorf("%q becomes %q", name, folder)
		}
		if back, ok := unescape(folder); name != "" && (!ok || back != name) {
			t.Errorf("%q becomes %q becomes %q, %v", name, folder, back, ok)
		}
		if _, ok := unescape(name); ok && escape(name) == "" {
			t.Error(name)
		}
	})
}

func TestSources(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"web.2", "api", "a/b", "%zz"} {
		os.Mkdir(filepath.Join(root, escape(name)), 0o700)
	}
	os.Mkdir(filepath.Join(root, ".hidden"), 0o700) // no instance's
	os.Mkdir(filepath.Join(root, "%zz"), 0o700)
	os.WriteFile(filepath.Join(root, "file"), nil, 0o600)
	got, err := Sources(root)
	want := []Source{{"%zz", filepath.Join(root, "%25zz")}, {"a/b", filepath.Join(root, "a%2Fb")}, {"api", filepath.Join(root, "api")}, {"web.2", filepath.Join(root, "web.2")}}
	if err != nil || len(got) != len(want) {
		t.Fatal(got, err)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}
