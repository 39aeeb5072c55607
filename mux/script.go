package mux

import (
	"fmt"
	"strings"
)

// quote writes a word of a tmux script. Within single quotes tmux takes every
// character as it is; a quote, a line break and one byte need the other kind.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range []byte(s) { // bytes: a path need not be UTF-8
		switch c {
		case '\'':
			b.WriteString(`'"'"'`)
		case '\n':
			b.WriteString(`'"\n"'`)
		case 0xff: // tmux's parser takes it for the end of the script
			b.WriteString(`'"\377"'`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// literal keeps a text from being expanded where tmux takes a format.
func literal(s string) string { return strings.ReplaceAll(s, "#", "##") }

// command is the part of new-session and new-window that says what runs. One
// word would go through the user's shell, two are executed as they are.
func command(w WindowSpec) string {
	argv := w.Argv
	if len(argv) == 1 {
		argv = []string{"/bin/sh", "-c", `exec "$0"`, argv[0]}
	}
	var b strings.Builder
	if w.Dir != "" {
		b.WriteString(" -c " + quote(literal(w.Dir)))
	}
	b.WriteString(" -n " + quote(literal(w.Name)) + " --")
	for _, a := range argv {
		b.WriteString(" " + quote(a))
	}
	return b.String()
}

// own are the options of our windows that a user may have set otherwise for
// all windows: a service must not rename its window, and a window goes when
// its program ends.
const own = "set-option -w -t %[1]s allow-rename off ; set-option -w -t %[1]s automatic-rename off ; set-option -w -t %[1]s remain-on-exit off\n"

// hooks that a user may have set for all sessions, and that would rename ours
// or split its windows. Those without "after-" run when the script is through,
// so that its look at what it has made would come too early.
var hooks = []string{"session-created", "session-renamed", "after-new-window", "after-split-window", "window-linked", "session-window-changed", "after-select-window"}

// addWindows appends windows to the session target, in one list of commands
// that print "@w INDEX WINDOW PANE".
func addWindows(b *strings.Builder, target string, from int, windows []WindowSpec) {
	for k, w := range windows {
		fmt.Fprintf(b, "new-window -d -a -t %s -P -F '@w %d #{window_id} #{pane_id}'%s\n", quote(target+":{end}"), from+k, command(w))
		fmt.Fprintf(b, own, quote(target+":{end}"))
	}
}

// look prints what there is, for tidy.
const look = "list-panes -a -F '@p #{session_id} #{pane_id}'\nlist-sessions -F '@n #{session_id} #{session_name}'\n"
