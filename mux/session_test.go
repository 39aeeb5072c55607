package mux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scratch is a server on a socket of the test's own, with config as what it
// reads when it starts.
func scratch(t testing.TB, config string) *Server {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("needs tmux")
	}
	dir, err := os.MkdirTemp("/tmp", "mux") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "tmux.conf")
	if err := os.WriteFile(conf, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Options{Socket: filepath.Join(dir, "s"), Config: conf})
	t.Cleanup(func() {
		_, _ = s.run(context.Background(), "", "kill-server")
		_ = os.RemoveAll(dir)
	})
	return s
}

func (s *Server) must(t testing.TB, args ...string) string {
	t.Helper()
	out, err := s.run(t.Context(), "", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// window writes its arguments and its folder into a file there once it runs,
// then waits. The file's path is whole: when a test is over, its folder may be
// gone before the window has started.
func window(name, dir string, words ...string) WindowSpec {
	return WindowSpec{Name: name, Dir: dir, Argv: append([]string{"/bin/sh", "-c", `for a; do printf '%s\n' "$a"; done > "$0/out.new"; pwd >> "$0/out.new"; mv "$0/out.new" "$0/out"; exec sleep 1000`, dir}, words...)}
}

func await(t testing.TB, path string) string {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil {
			return string(b)
		}
	}
	t.Fatalf("%s was not written", path)
	return ""
}

func spec(t testing.TB, name string, n int) SessionSpec {
	t.Helper()
	sp := SessionSpec{Name: name, Marks: map[string]string{"@test": "one"}, Width: 120, Height: 40}
	for k := range n {
		sp.Windows = append(sp.Windows, window(fmt.Sprintf("w%d", k), t.TempDir(), "up"))
	}
	return sp
}

func create(t testing.TB, s *Server, sp SessionSpec) *Session {
	t.Helper()
	session, err := s.NewSession(t.Context(), sp)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// layout is what tmux says of a session: a window's name and its panes.
func layout(t testing.TB, s *Server, id string) string {
	t.Helper()
	return s.must(t, "list-windows", "-t", id+":", "-F", "#{window_id} #{window_name} #{window_panes} #{window_width}x#{window_height}")
}

func TestSessionIsMadeWhateverTheUserHasConfigured(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"nothing":            "",
		"base-index":         "set -g base-index 1\nsetw -g pane-base-index 1",
		"mouse":              "set -g mouse on",
		"default-command":    "set -g default-command 'echo no; false'",
		"default-shell":      "set -g default-shell /bin/false",
		"destroy-unattached": "set -g destroy-unattached on",
		"renumber-windows":   "set -g renumber-windows on",
		"automatic-rename":   "setw -g automatic-rename on\nset -g automatic-rename-format 'x#{pane_pid}'",
		"allow-rename":       "setw -g allow-rename on",
		"remain-on-exit":     "setw -g remain-on-exit on",
		"aggressive-resize":  "setw -g aggressive-resize on",
		"largest":            "set -g window-size largest",
		"rename hook":        "set-hook -g after-new-session 'rename-session mine'",
		"split hook":         "set-hook -g after-new-window 'split-window'\nset-hook -g after-new-session 'split-window'",
		"late hook":          "set-hook -g session-created 'rename-session mine'\nset-hook -g session-renamed 'split-window'",
		"slow hook":          "set-hook -g after-new-session 'run-shell \"sleep 0.1\"; split-window'",
		"window hook":        "set-hook -g after-new-session 'new-window -n mine'\nset-hook -g after-new-window 'rename-window mine'",
		"broken line":        "no-such-command\nset -g no-such-option 1",
		"status off":         "set -g status off\nset -g prefix C-a\nset -g history-limit 10",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scratch(t, config)
			sp := spec(t, "shop", 3)
			session := create(t, s, sp)
			if session.Name != "shop" || len(session.Windows) != 3 {
				t.Fatalf("got %+v", session)
			}
			for k, w := range sp.Windows {
				await(t, filepath.Join(w.Dir, "out"))
				if got := session.Windows[k]; got.Name != w.Name || !strings.HasPrefix(got.ID, "@") || !strings.HasPrefix(got.Pane, "%") {
					t.Errorf("window %d is %+v", k, got)
				}
			}
			more, err := s.NewWindows(t.Context(), session.ID, []WindowSpec{window("w3", t.TempDir(), "up"), window("w4", t.TempDir(), "up")})
			if err != nil || len(more) != 2 || more[1].Name != "w4" {
				t.Fatalf("%v, %+v", err, more)
			}
			var want strings.Builder
			for _, w := range append(session.Windows, more...) {
				fmt.Fprintf(&want, "%s %s 1 120x40\n", w.ID, w.Name)
			}
			got := layout(t, s, session.ID)
			if name == "window hook" { // a window the user's hook made is the user's
				var kept []string
				for line := range strings.Lines(got) {
					if !strings.Contains(line, " mine ") || strings.HasPrefix(line, session.Windows[0].ID) {
						kept = append(kept, line)
					}
				}
				got = strings.Join(kept, "")
			}
			if got != want.String() {
				t.Errorf("the session is\n%swanted\n%s", got, want.String())
			}
			for _, w := range session.Windows {
				for option, value := range map[string]string{"allow-rename": "off", "automatic-rename": "off", "remain-on-exit": "off"} {
					if got := s.must(t, "show-options", "-w", "-v", "-t", w.ID, option); got != value+"\n" {
						t.Errorf("%s of %s is %s", option, w.Name, got)
					}
				}
			}
			all, err := s.Sessions(t.Context(), "@test")
			if err != nil || len(all) != 1 || all[0].ID != session.ID || all[0].Mark != "one" || all[0].Name != "shop" {
				t.Errorf("%v, %+v", err, all)
			}
			if err := s.KillSession(t.Context(), session.ID, "@test", "one"); err != nil {
				t.Error(err)
			}
			if has, err := s.HasSession(t.Context(), session.ID); has || err != nil {
				t.Errorf("it is still there: %t, %v", has, err)
			}
		})
	}
}

func TestHarmfulOptionsAreFoundAndNothingIsMade(t *testing.T) {
	t.Parallel()
	for option, config := range map[string]string{
		"window-size":     "set -g window-size manual",
		"exit-unattached": "set -g exit-unattached on",
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			s := scratch(t, config)
			v, err := s.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if option == "window-size" && (v.Less(Version{3, 3, "a"}) || !v.Less(Version{3, 7, ""})) {
				t.Skipf("tmux %s does not crash of it", v)
			}
			_, err = s.NewSession(t.Context(), spec(t, "shop", 2))
			var h *HarmError
			if !errors.As(err, &h) || h.Option != option {
				t.Fatalf("got %v", err)
			}
			out, err := s.run(t.Context(), "", "list-sessions")
			if err == nil && out != "" {
				t.Errorf("something was made: %s", out)
			}
		})
	}
}

func TestTheUsersServerStaysAsItWas(t *testing.T) {
	t.Parallel()
	s := scratch(t, "set -g mouse on\nbind x display-message hi\nset-hook -g after-new-window 'display-message hi'\nset -g @plugin 1")
	s.must(t, "new-session", "-d", "-s", "work", "-n", "vim", "sleep 1000")
	s.must(t, "new-session", "-d", "-s", "shop", "-n", "log", "sleep 1000") // named, or tmux renames it in the midst
	snapshot := func() string {
		var b strings.Builder
		for _, args := range [][]string{
			{"show-options", "-g"},
			{"show-options", "-g", "-w"},
			{"show-options", "-s"},
			{"show-hooks", "-g"},
			{"list-keys"},
			{"show-environment", "-g"},
			{"list-panes", "-s", "-t", "=work:", "-F", "#{session_name} #{window_id} #{window_name} #{pane_id} #{pane_pid}"},
			{"list-panes", "-s", "-t", "=shop:", "-F", "#{session_name} #{window_id} #{window_name} #{pane_id} #{pane_pid}"},
			{"show-options", "-t", "=shop:"},
		} {
			fmt.Fprintf(&b, "%v\n%s", args, s.must(t, args...))
		}
		return b.String()
	}
	before := snapshot()
	session := create(t, s, spec(t, "shop", 3))
	if session.Name != "shop-2" {
		t.Errorf("the name is taken, and ours is %s", session.Name)
	}
	if third := create(t, s, spec(t, "shop", 1)); third.Name != "shop-3" {
		t.Errorf("both names are taken, and ours is %s", third.Name)
	}
	if after := snapshot(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if err := s.KillSession(t.Context(), session.ID, "@test", "one"); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(); after != before {
		t.Errorf("before:\n%s\nafter the kill:\n%s", before, after)
	}
}

func TestNoSessionWithoutTheMarkIsKilled(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	s.must(t, "new-session", "-d", "-s", "work", "sleep 1000")
	session := create(t, s, spec(t, "shop", 1))
	id := strings.TrimSpace(s.must(t, "display-message", "-p", "-t", "=work:", "#{session_id}"))
	for _, c := range []struct{ id, mark, value string }{{id, "@test", "one"}, {session.ID, "@test", "two"}, {session.ID, "@other", "one"}} {
		if err := s.KillSession(t.Context(), c.id, c.mark, c.value); !errors.Is(err, ErrNotMarked) {
			t.Errorf("%v: got %v", c, err)
		}
	}
	if err := s.KillSession(t.Context(), "$4711", "@test", "one"); err != nil {
		t.Errorf("a session that is not there: %v", err)
	}
	s.must(t, "has-session", "-t", "=work:")
	s.must(t, "has-session", "-t", session.ID+":")
}

func TestNamesAndArgumentsAreTakenLiterally(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	odd := []string{"plain", "with space", "it's", `say "hi"`, "#{session_name}", "#S", "$HOME", "~", "a;b", "ümläut 🚀", "%if", "{x}", "back\\slash", "end\\", "-x", "web.1", "a:b", "7"}
	dir := filepath.Join(t.TempDir(), `odd 'dir' "q" #S;$x`)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sp := SessionSpec{Name: "odd", Windows: []WindowSpec{window("first", dir, append(odd, "two\nlines", "", " ")...)}}
	for _, name := range odd {
		sp.Windows = append(sp.Windows, window(name, t.TempDir(), name))
	}
	session := create(t, s, sp)
	want := strings.Join(append(odd, "two\nlines", "", " "), "\n") + "\n" + dir + "\n"
	if got := await(t, filepath.Join(dir, "out")); got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
	for k, w := range sp.Windows[1:] {
		if got := await(t, filepath.Join(w.Dir, "out")); got != odd[k]+"\n"+w.Dir+"\n" {
			t.Errorf("%q: got %q", odd[k], got)
		}
	}
	windows, err := s.Windows(t.Context(), session.ID)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range windows {
		if w.Name != sp.Windows[k].Name && w.Name != strings.ReplaceAll(sp.Windows[k].Name, "\\", "\\\\") {
			t.Errorf("a window is called %q, not %q", w.Name, sp.Windows[k].Name)
		}
	}
}

func TestAnyBytesReachTheProgram(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	dir := filepath.Join(t.TempDir(), "not utf-8 \xff\xfe")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("the file system takes UTF-8 only")
	}
	words := []string{"\xc3\x28", "\\\n", "\t\r\x1b[31m", strings.Repeat("long ", 12000)}
	create(t, s, SessionSpec{Name: "bytes", Windows: []WindowSpec{window("w", dir, words...)}})
	if got, want := await(t, filepath.Join(dir, "out")), strings.Join(words, "\n")+"\n"+dir+"\n"; got != want {
		t.Errorf("got %.200q\nwanted %.200q", got, want)
	}
}

// crashing is a server that crashes of window-size manual.
func crashing(t *testing.T) *Server {
	t.Helper()
	s := scratch(t, "")
	v, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v.Less(Version{3, 3, "a"}) || !v.Less(Version{3, 7, ""}) {
		t.Skipf("tmux %s does not crash of it", v)
	}
	return s
}

func TestAWindowsOwnSizeDoesNotHideTheHarm(t *testing.T) {
	t.Parallel()
	s := crashing(t)
	s.must(t, "new-session", "-d", "-s", "work", "sleep 1000")
	s.must(t, "set-option", "-g", "window-size", "manual")
	s.must(t, "set-option", "-w", "-t", "=work:", "window-size", "latest")
	var h *HarmError
	if _, err := s.NewSession(t.Context(), spec(t, "shop", 1)); !errors.As(err, &h) {
		t.Errorf("got %v", err)
	}
	if h, err := s.Harm(t.Context()); h == nil || err != nil {
		t.Errorf("got %v, %v", h, err)
	}
	if got := s.must(t, "list-sessions", "-F", "#{session_name}"); got != "work\n" {
		t.Errorf("the sessions are %q", got)
	}
}

func TestAWindowOfManualSizeIsNoHarm(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	s.must(t, "new-session", "-d", "-s", "work", "sleep 1000")
	s.must(t, "resize-window", "-t", "=work:", "-x", "90") // sets the window's own size to manual
	if h, err := s.Harm(t.Context()); h != nil || err != nil {
		t.Errorf("got %v, %v", h, err)
	}
	create(t, s, spec(t, "shop", 1))
}

func TestNewWindowsDoNotCrashTheServer(t *testing.T) {
	t.Parallel()
	s := crashing(t)
	session := create(t, s, spec(t, "shop", 1))
	s.must(t, "set-option", "-g", "window-size", "manual") // the user reads another configuration meanwhile
	var h *HarmError
	if _, err := s.NewWindows(t.Context(), session.ID, []WindowSpec{window("a", t.TempDir())}); !errors.As(err, &h) {
		t.Errorf("got %v", err)
	}
	if has, err := s.HasSession(t.Context(), session.ID); !has || err != nil {
		t.Errorf("it is gone: %t, %v", has, err)
	}
	s.must(t, "set-option", "-g", "window-size", "latest")
	if _, err := s.NewWindows(t.Context(), session.ID, []WindowSpec{window("a", t.TempDir())}); err != nil {
		t.Error(err)
	}
}

// counted is the same server through a program that writes a line for each of
// its runs.
func counted(t *testing.T, s *Server) (same *Server, runs func() int) {
	t.Helper()
	path, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin, log := filepath.Join(dir, "tmux"), filepath.Join(dir, "log")
	if err := os.WriteFile(bin, fmt.Appendf(nil, "#!/bin/sh\necho run >> '%s'\nexec '%s' \"$@\"\n", log, path), 0o755); err != nil {
		t.Fatal(err)
	}
	o := s.o
	o.Bin = bin
	return New(o), func() int {
		b, _ := os.ReadFile(log)
		return strings.Count(string(b), "run\n")
	}
}

func TestASessionIsOneRunOfTmux(t *testing.T) {
	t.Parallel()
	s, runs := counted(t, scratch(t, "set -g base-index 1"))
	session := create(t, s, spec(t, "shop", 5))
	if n := runs(); n != 1 {
		t.Errorf("it took %d runs where no server was", n)
	}
	create(t, s, spec(t, "other", 5))
	if n := runs(); n != 2 {
		t.Errorf("it took %d runs more", n-1)
	}
	if _, err := s.NewWindows(t.Context(), session.ID, spec(t, "", 5).Windows); err != nil || runs() != 3 {
		t.Errorf("windows took %d runs, and %v", runs()-2, err)
	}
}

func TestASocketThatCannotBeIsAnError(t *testing.T) {
	t.Parallel()
	scratch(t, "") // skips without tmux
	s := New(Options{Socket: "/tmp/" + strings.Repeat("x", 200)})
	if _, err := s.HasSession(t.Context(), "$0"); err == nil {
		t.Error("a path that is too long means that there is no session")
	}
	if _, err := s.NewSession(t.Context(), spec(t, "x", 1)); err == nil || !strings.Contains(err.Error(), "File name too long") {
		t.Errorf("got %v", err)
	}
}

func TestSessionNamesAreMadeLegal(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	for wanted, name := range map[string]string{"my.app:x": "my_app_x", "-t": "-t", `a\b`: "a_b", "#S": "#S", "mit leer": "mit leer", "": "_"} {
		sp := spec(t, wanted, 1)
		session := create(t, s, sp)
		if session.Name != name {
			t.Errorf("%q became %q", wanted, session.Name)
		}
		if got := s.must(t, "display-message", "-p", "-t", session.ID+":", "#{session_name}"); got != name+"\n" {
			t.Errorf("%q is called %q by tmux", wanted, got)
		}
	}
}

func TestAProgramOfOneWordIsNotGivenToTheUsersShell(t *testing.T) {
	t.Parallel()
	s := scratch(t, "set -g default-shell /bin/false")
	dir := t.TempDir()
	path := filepath.Join(dir, "pro gram")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho ran > out.new; mv out.new out; exec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	create(t, s, SessionSpec{Name: "one", Windows: []WindowSpec{{Name: "w", Dir: dir, Argv: []string{path}}}})
	await(t, filepath.Join(dir, "out"))
}

func TestWindowsComeAfterTheLast(t *testing.T) {
	t.Parallel()
	s := scratch(t, "set -g base-index 1")
	session := create(t, s, spec(t, "shop", 2))
	s.must(t, "select-window", "-t", session.Windows[0].ID)
	if err := s.KillWindow(t.Context(), session.Windows[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := s.KillWindow(t.Context(), session.Windows[1].ID); err != nil {
		t.Errorf("a window that is gone: %v", err)
	}
	more, err := s.NewWindows(t.Context(), session.ID, []WindowSpec{window("a", t.TempDir()), window("b", t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	windows, err := s.Windows(t.Context(), session.ID)
	if err != nil || len(windows) != 3 || windows[1] != more[0] || windows[2] != more[1] {
		t.Errorf("%v, %+v", err, windows)
	}
	active := s.must(t, "display-message", "-p", "-t", session.ID+":", "#{window_id}")
	if strings.TrimSpace(active) != session.Windows[0].ID {
		t.Errorf("the window in front has changed to %s", active)
	}
	if err := s.SelectWindow(t.Context(), more[1].ID); err != nil {
		t.Error(err)
	}
}

func TestAHundredWindowsInOneBatch(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	sp := spec(t, "big", 100)
	session := create(t, s, sp)
	if len(session.Windows) != 100 {
		t.Fatalf("%d windows", len(session.Windows))
	}
	for _, w := range sp.Windows {
		await(t, filepath.Join(w.Dir, "out"))
	}
}

func TestWithoutATmuxItIsSaid(t *testing.T) {
	t.Parallel()
	s := New(Options{Bin: "/nonexistent/tmux", Socket: "/tmp/none"})
	_, err := s.NewSession(t.Context(), spec(t, "x", 1))
	var hint interface{ Hint() string }
	if !errors.Is(err, ErrNoTmux) || !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "apt install tmux") {
		t.Errorf("got %v", err)
	}
	old := filepath.Join(t.TempDir(), "tmux")
	if err := os.WriteFile(old, []byte("#!/bin/sh\ncase \"$*\" in *-V*) echo tmux 2.8;; *) echo unknown command >&2; exit 1;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{Bin: old}).NewSession(t.Context(), spec(t, "x", 1))
	var tooOld *TooOldError
	if !errors.As(err, &tooOld) || err.Error() != "tmux 2.8 is too old: 3.2 or newer is needed" {
		t.Errorf("got %v", err)
	}
}

func TestAnOlderServerOfANewerProgramIsTooOld(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "tmux")
	if err := os.WriteFile(bin, []byte("#!/bin/sh\ncase \"$*\" in *-V*) echo tmux 3.5;; *) echo @v 3.1c latest 0;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{Bin: bin}).NewSession(t.Context(), spec(t, "x", 1))
	var tooOld *TooOldError
	if !errors.As(err, &tooOld) || tooOld.Have.String() != "3.1c" {
		t.Errorf("got %v", err)
	}
}

func TestANameLikeAFlagIsNumberedToo(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	create(t, s, spec(t, "-t", 1))
	if second := create(t, s, spec(t, "-t", 1)); second.Name != "-t-2" {
		t.Errorf("it is called %q", second.Name)
	}
}

func TestNoServerIsNoError(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	all, err := s.Sessions(t.Context(), "@test")
	if err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	if has, err := s.HasSession(t.Context(), "$0"); has || err != nil {
		t.Errorf("%t, %v", has, err)
	}
	if h, err := s.Harm(t.Context()); h != nil || err != nil {
		t.Errorf("%v, %v", h, err)
	}
	if err := s.KillSession(t.Context(), "$0", "@test", "one"); err != nil {
		t.Error(err)
	}
}

func TestMarksAreChecked(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	sp := spec(t, "x", 1)
	for name, value := range map[string]string{"test": "x", "@t": "a b", "@t}": "x", "@u": "", "@v": "x,y"} {
		sp.Marks = map[string]string{name: value}
		if _, err := s.NewSession(t.Context(), sp); err == nil {
			t.Errorf("%s=%s was taken", name, value)
		}
	}
}

func TestContextEndsAWait(t *testing.T) {
	t.Parallel()
	slow := filepath.Join(t.TempDir(), "tmux")
	if err := os.WriteFile(slow, []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := New(Options{Bin: slow}).HasSession(ctx, "$0")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"tmux 3.3a\n": "3.3a", "tmux 3.2": "3.2", "tmux next-3.6": "3.6", "tmux 3.5-rc2": "3.5", "tmux master": "master", "tmux openbsd-7.4": "master"} {
		v, err := ParseVersion(text)
		if err != nil || v.String() != want {
			t.Errorf("%q: %v, %v", text, v, err)
		}
		if v.Less(MinVersion) {
			t.Errorf("%v is older than %v", v, MinVersion)
		}
	}
	for _, text := range []string{"", "tmux", "tmux 3", "tmux x.y"} {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q is %v", text, v)
		}
	}
	if a, b := (Version{3, 3, ""}), (Version{3, 3, "a"}); !a.Less(b) || b.Less(a) {
		t.Error("3.3 is older than 3.3a")
	}
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"/tmp/tmux-0/default,123,0": "/tmp/tmux-0/default", "/a,b/s,1,2": "/a,b/s", "": "", "nonsense": ""} {
		if got, _ := FromEnv(value); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

// BenchmarkNewSession compares a session of 100 windows with the same windows
// made by a bare tmux script.
func BenchmarkNewSession(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var ours, bare time.Duration
			for b.Loop() {
				s := scratch(b, "")
				sp := SessionSpec{Name: "b"}
				var script strings.Builder
				for k := range n {
					sp.Windows = append(sp.Windows, WindowSpec{Name: fmt.Sprint("w", k), Dir: "/", Argv: []string{"/bin/sleep", "1000"}})
					if k == 0 {
						script.WriteString("new-session -d -s b /bin/sleep 1000\n")
					} else {
						script.WriteString("new-window -d -t b: /bin/sleep 1000\n")
					}
				}
				began := time.Now()
				if _, err := s.NewSession(b.Context(), sp); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(began)
				s.must(b, "kill-server")
				other := scratch(b, "")
				began = time.Now()
				if _, err := other.run(b.Context(), script.String(), "start-server", ";", "source-file", "-"); err != nil {
					b.Fatal(err)
				}
				bare += time.Since(began)
				other.must(b, "kill-server")
			}
			b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare-tmux")
		})
	}
}
