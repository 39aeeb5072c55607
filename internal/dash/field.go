package dash

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
)

// field is a line of text that is typed.
type field struct {
	text []rune
	at   int // the cursor's place in text
}

func (f *field) String() string { return string(f.text) }

func (f *field) set(s string) { f.text, f.at = []rune(s), len([]rune(s)) }

// update takes in a key or what was pasted; false when that means nothing here.
func (f *field) update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		f.insert(tidy(msg.Content))
		return true
	case tea.KeyPressMsg:
		return f.key(msg)
	}
	return false
}

func (f *field) insert(s string) {
	r := []rune(s)
	f.text = append(f.text[:f.at:f.at], append(r, f.text[f.at:]...)...)
	f.at += len(r)
}

// key knows the keys of a shell's line.
func (f *field) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "left", "ctrl+b":
		f.at = max(0, f.at-1)
	case "right", "ctrl+f":
		f.at = min(len(f.text), f.at+1)
	case "home", "ctrl+a":
		f.at = 0
	case "end", "ctrl+e":
		f.at = len(f.text)
	case "backspace", "ctrl+h":
		if f.at > 0 {
			f.text = append(f.text[:f.at-1:f.at-1], f.text[f.at:]...)
			f.at--
		}
	case "delete", "ctrl+d":
		if f.at < len(f.text) {
			f.text = append(f.text[:f.at:f.at], f.text[f.at+1:]...)
		}
	case "ctrl+u":
		f.text, f.at = f.text[f.at:], 0
	case "ctrl+k":
		f.text = f.text[:f.at]
	case "ctrl+w", "alt+backspace":
		from := f.at
		for from > 0 && unicode.IsSpace(f.text[from-1]) {
			from--
		}
		for from > 0 && !unicode.IsSpace(f.text[from-1]) {
			from--
		}
		f.text = append(f.text[:from:from], f.text[f.at:]...)
		f.at = from
	default:
		if msg.Text == "" {
			return false
		}
		f.insert(msg.Text)
	}
	return true
}

// draw shows the text behind a prompt, with a cursor, in width cells at most.
// Of a long text the end before the cursor is seen.
func (f *field) draw(t *theme, prompt string, width int) string {
	room := width - ansi.Width(prompt) - 1
	if room < 1 {
		return t.key.Render(ansi.Truncate(prompt, width, ""))
	}
	before, under, after := string(f.text[:f.at]), " ", ""
	if f.at < len(f.text) {
		under, after = string(f.text[f.at]), string(f.text[f.at+1:])
	}
	for ansi.Width(before)+ansi.Width(under) > room && before != "" {
		_, before = cutRune(before)
	}
	after = ansi.Truncate(after, max(0, room-ansi.Width(before)-ansi.Width(under)), "")
	return t.key.Render(prompt) + before + t.plain.Reverse(true).Render(under) + after
}

func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// narrowed keeps what has all words of a text in it, whatever their case.
func narrowed(text string, of ...string) bool {
	all := strings.ToLower(strings.Join(of, " "))
	for _, word := range strings.Fields(strings.ToLower(text)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
