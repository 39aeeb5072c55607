// Package completion tells what can be typed next on a command line, and gives
// bash, zsh and fish the scripts that ask for it.
//
// A script ([Script]) calls the program with `__complete`, its own name and
// what has been typed, and gets an [Answer] as lines ([Write]): the first says
// what the shell is to do besides ("words", "files", "folders" or "command 3"),
// each other one is a value, a tab and what it means. Which commands and flags
// there are is read from kong's model. What only the program knows, the names
// of services say, is asked of a [Live] function: a field of the model names
// the kinds with the tag `completes`, and words that never change with `words`:
//
//	Services []string `arg:"" optional:"" completes:"service,group"`
//	Level    string   `words:"trace,debug,info"`
//
// The kinds "file" and "folder" are the shell's own.
package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Candidate is what can be typed, and what it means.
type Candidate struct {
	Value string
	About string // one line; may be empty
}

// Answer is what can be typed next.
type Answer struct {
	Candidates []Candidate
	// Word is what has been typed of it, without Prefix.
	Word string
	// Prefix is what stands before a value in the same word: "--format=".
	Prefix string
	// Files and Folders say that the shell's own completion goes on where no
	// candidate fits.
	Files, Folders bool
	// Command is at which word the command line of another program begins; 0 =
	// there is none, and otherwise nothing else is answered.
	Command int
}

// Line is what stands on the command line before the word that is typed.
type Line struct {
	Command string              // "start"; of several words, those with spaces
	Args    []string            // the words that are no flags and no commands
	Flags   map[string][]string // values by long names; "true" of one that takes none
}

// Live gives the values of a kind, as they are at the moment.
type Live func(kind string, line Line) []Candidate

// Complete answers for words, of which the last is being typed and may be
// empty. The program's own name is not among them.
func Complete(app *kong.Application, words []string, live Live) Answer {
	if len(words) == 0 {
		words = []string{""}
	}
	w := &walk{node: app.Node, live: live, line: Line{Flags: map[string][]string{}}}
	last := len(words) - 1
	for k, word := range words[:last] {
		if w.passes() {
			if word == "--" { // begins it, and is not part of it
				k++
			}
			return Answer{Command: k + 1}
		}
		if !w.take(word) {
			return Answer{Word: words[last]} // nobody can tell what comes after what is unknown
		}
	}
	if w.passes() {
		return Answer{Command: last + 1}
	}
	return w.answer(words[last])
}

// walk goes along a command line.
type walk struct {
	node     *kong.Node
	live     Live
	line     Line
	awaits   *kong.Flag // whose value comes next
	position int        // of the next word that is no flag
	noFlags  bool       // after --
}

// passes reports whether what comes is another program's command line.
func (w *walk) passes() bool {
	p := w.positional()
	return w.awaits == nil && p != nil && p.Passthrough
}

// positional is what the next word without a - is; nil when there is none.
func (w *walk) positional() *kong.Positional {
	all := w.node.Positional
	switch {
	case len(w.node.Children) > 0 || len(all) == 0:
		return nil
	case w.position < len(all):
		return all[w.position]
	case all[len(all)-1].IsCumulative():
		return all[len(all)-1]
	}
	return nil
}

// take goes over a word; false when nothing is known of what comes after it.
func (w *walk) take(word string) bool {
	switch {
	case w.awaits != nil:
		w.set(w.awaits, word)
		w.awaits = nil
	case word == "--" && !w.noFlags:
		w.noFlags = true
	case strings.HasPrefix(word, "--") && !w.noFlags:
		return w.takeLong(word[2:])
	case strings.HasPrefix(word, "-") && word != "-" && !w.noFlags:
		return w.takeShort(word[1:])
	case len(w.node.Children) > 0:
		for _, c := range w.node.Children {
			if c.Name == word || slices.Contains(c.Aliases, word) {
				w.node = c
				w.line.Command = strings.TrimSpace(w.line.Command + " " + c.Name)
				return true
			}
		}
		return false
	default:
		w.line.Args = append(w.line.Args, word)
		w.position++
	}
	return true
}

func (w *walk) takeLong(word string) bool {
	name, value, given := strings.Cut(word, "=")
	f := w.long(name)
	switch {
	case f == nil:
		return false
	case given:
		w.set(f, value)
	case f.IsBool() || f.IsCounter():
		w.set(f, "true")
	default:
		w.awaits = f
	}
	return true
}

// takeShort goes over letters behind one -, of which the last may have a value.
func (w *walk) takeShort(letters string) bool {
	for k, letter := range letters {
		f := w.short(letter)
		if f == nil {
			return false
		}
		if f.IsBool() || f.IsCounter() {
			w.set(f, "true")
			continue
		}
		if value := strings.TrimPrefix(letters[k+len(string(letter)):], "="); value != "" {
			w.set(f, value)
		} else {
			w.awaits = f
		}
		return true
	}
	return true
}

func (w *walk) set(f *kong.Flag, value string) {
	w.line.Flags[f.Name] = append(w.line.Flags[f.Name], value)
}

// flags are those that are understood here, the command's own first.
func (w *walk) flags() []*kong.Flag {
	var all []*kong.Flag
	for n := w.node; n != nil; n = n.Parent {
		all = append(all, n.Flags...)
	}
	return all
}

func (w *walk) long(name string) *kong.Flag {
	for _, f := range w.flags() {
		if f.Name == name || slices.Contains(f.Aliases, name) || f.Tag.Negatable != "" && negated(f) == name {
			return f
		}
	}
	return nil
}

func (w *walk) short(letter rune) *kong.Flag {
	for _, f := range w.flags() {
		if f.Short == letter {
			return f
		}
	}
	return nil
}

// negated is the name by which a flag is switched off.
func negated(f *kong.Flag) string {
	if f.Tag.Negatable == "_" { // kong's mark for the usual one
		return "no-" + f.Name
	}
	return f.Tag.Negatable
}

// answer tells what the last word can become.
func (w *walk) answer(word string) Answer {
	a := Answer{Word: word}
	switch {
	case w.awaits != nil:
		w.values(&a, w.awaits.Value)
	case strings.HasPrefix(word, "--") && strings.Contains(word, "=") && !w.noFlags:
		name, value, _ := strings.Cut(word[2:], "=")
		a.Prefix, a.Word = "--"+name+"=", value
		if f := w.long(name); f != nil {
			w.values(&a, f.Value)
		}
	case strings.HasPrefix(word, "-") && !w.noFlags:
		a.Candidates = w.offerFlags(word)
	case len(w.node.Children) > 0:
		a.Candidates = w.commands(word)
	default:
		if p := w.positional(); p != nil {
			w.values(&a, p)
		}
	}
	return a
}

// commands are those that can follow, and their other names where only these
// begin like the word.
func (w *walk) commands(word string) []Candidate {
	var names, others []Candidate
	fits := false
	for _, c := range w.node.Children {
		if c.Hidden {
			continue
		}
		names = append(names, Candidate{c.Name, sentence(c.Help)})
		fits = fits || strings.HasPrefix(c.Name, word)
		for _, alias := range c.Aliases {
			others = append(others, Candidate{alias, sentence(c.Help)})
		}
	}
	if fits {
		return names
	}
	return append(names, others...)
}

// offerFlags are the flags that may still be given: the command's with both
// their names, and those of all commands with their long one, which is never
// another's.
func (w *walk) offerFlags(word string) []Candidate {
	var out []Candidate
	own := len(w.node.Flags)
	for k, f := range w.flags() {
		if f.Hidden || len(w.line.Flags[f.Name]) > 0 && !f.IsSlice() && !f.IsCounter() {
			continue
		}
		about := sentence(f.Help)
		if f.Short != 0 && k < own && word == "-" {
			out = append(out, Candidate{"-" + string(f.Short), about})
		}
		if f.Tag.Negatable != "" && f.Default == "true" {
			out = append(out, Candidate{"--" + negated(f), about})
			if !strings.HasPrefix(word, "--"+f.Name[:1]) {
				continue // it is so anyway
			}
		}
		out = append(out, Candidate{"--" + f.Name, about})
	}
	return out
}

// values offers what a flag or an argument can be.
func (w *walk) values(a *Answer, v *kong.Value) {
	for _, word := range v.EnumSlice() {
		if word != "" {
			a.Candidates = append(a.Candidates, Candidate{Value: word})
		}
	}
	if words := v.Tag.Get("words"); words != "" {
		for word := range strings.SplitSeq(words, ",") {
			a.Candidates = append(a.Candidates, Candidate{Value: word})
		}
	}
	kinds := v.Tag.Get("completes")
	if kinds == "" {
		return
	}
	for kind := range strings.SplitSeq(kinds, ",") {
		switch kind {
		case "file":
			a.Files = true
		case "folder":
			a.Folders = true
		default:
			if w.live == nil {
				continue
			}
			for _, c := range w.live(kind, w.line) {
				if v.Flag == nil && v.IsCumulative() && slices.Contains(w.line.Args, c.Value) {
					continue // it is there already
				}
				a.Candidates = append(a.Candidates, c)
			}
		}
	}
}

// sentence is the first sentence of a help, without its stop: a shell has one
// line for it.
func sentence(help string) string {
	first, _, _ := strings.Cut(help, "; default")
	first, _, _ = strings.Cut(first, ". ")
	return strings.TrimSuffix(strings.ReplaceAll(first, "\n", " "), ".")
}
