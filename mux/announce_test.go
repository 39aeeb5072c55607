package mux

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

func TestAnnounce(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	session := create(t, s, spec(t, "shop", 3))
	other := create(t, s, spec(t, "other", 1))
	run := func(args ...string) string {
		t.Helper()
		out, err := s.run(t.Context(), "", args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(out, "\n")
	}
	const users = "#{session_name} it's %H \"x\" #[bold]$HOME;"
	run("set-option", "-g", "status-right", users)
	run("set-option", "-gw", "window-status-format", "<#W>")
	before := run("show-options", "-g") + run("show-options", "-gw")
	shown := func(format string) string {
		t.Helper()
		return run("display-message", "-p", "-t", session.Windows[1].ID, "#{T:"+format+"}")
	}
	plainly := run("display-message", "-p", "-t", session.Windows[1].ID, "#{T:status-right}")
	for k, text := range []string{"6/7 ready · api failed", "#{session_id} 'quoted' #[bold]", "", "7/7"} {
		a := Announcement{Text: text, Marks: map[string]string{session.Windows[1].ID: "✗"}}
		if err := s.Announce(t.Context(), session.ID, a); err != nil {
			t.Fatal(err)
		}
		want := plainly
		if text != "" {
			want = strings.ReplaceAll(text, "#", "##") + " " + plainly
		}
		if got := shown("status-right"); got != want {
			t.Errorf("%d: the status line has %q, want %q", k, got, want)
		}
		if got := shown("window-status-format"); got != "#[fg=red]✗#[fg=default]<"+session.Windows[1].Name+">" {
			t.Errorf("%d: in the list it is %q", k, got)
		}
	}
	if got := run("show-options", "-w", "-t", session.Windows[2].ID); strings.Contains(got, "announced") {
		t.Errorf("another window was marked: %s", got)
	}
	// What a successor says comes to the same; a mark goes as it came.
	if err := s.Announce(t.Context(), session.ID, Announcement{Text: "8/8", Marks: map[string]string{session.Windows[1].ID: "", "@4711": "✗"}}); err != nil {
		t.Fatal(err)
	}
	if got := shown("status-right"); got != "8/8 "+plainly {
		t.Errorf("the status line has %q", got)
	}
	if got := shown("window-status-format"); got != "<"+session.Windows[1].Name+">" {
		t.Errorf("after it is well again it is %q in the list", got)
	}
	if now := run("show-options", "-g") + run("show-options", "-gw"); now != before {
		t.Errorf("options of all sessions were changed:\n%s\nbefore:\n%s", now, before)
	}
	if got := run("show-options", "-t", other.ID); strings.Contains(got, "announced") || strings.Contains(got, "status-right") {
		t.Errorf("another session was changed: %s", got)
	}
	if err := s.Announce(t.Context(), "$4711", Announcement{Text: "x"}); err == nil {
		t.Error("a session that is gone took an announcement")
	}
}

// In a narrow terminal the list of windows needs the room that what the user
// has at the right would take.
func TestAnnounceInANarrowTerminal(t *testing.T) {
	t.Parallel()
	s := scratch(t, "")
	session := create(t, s, spec(t, "shop", 1))
	if _, err := s.run(t.Context(), "", "set-option", "-g", "status-right", "users"); err != nil {
		t.Fatal(err)
	}
	if err := s.Announce(t.Context(), session.ID, Announcement{Text: "6/7 ready"}); err != nil {
		t.Fatal(err)
	}
	argv := append(s.argv(), "-C", "attach-session", "-t", session.ID)
	client := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	in, err := client.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = client.Wait()
	})
	said := bufio.NewScanner(out)
	at := func(width int) string {
		t.Helper()
		if _, err := fmt.Fprintf(in, "refresh-client -C %dx24\ndisplay-message -p 'right: #{T:status-right}.'\n", width); err != nil {
			t.Fatal(err)
		}
		for said.Scan() {
			if text, ok := strings.CutPrefix(said.Text(), "right: "); ok {
				return text
			}
		}
		t.Fatalf("the client ended: %v", said.Err())
		return ""
	}
	for width, want := range map[int]string{80: "6/7 ready .", 99: "6/7 ready .", 100: "6/7 ready users.", 200: "6/7 ready users."} {
		if got := at(width); got != want {
			t.Errorf("at %d cells: %q, want %q", width, got, want)
		}
	}
}
