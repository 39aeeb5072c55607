package completion

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Write writes an answer for zsh and fish, which choose themselves what fits
// the word: people tell them to take no notice of case, or to look for any part.
// Zsh takes values without the prefix, fish whole words.
func Write(w io.Writer, a Answer, shell string) error {
	prefix := ""
	if shell == "fish" {
		prefix = a.Prefix
	}
	return write(w, a, func(value string) string { return prefix + value })
}

// WriteBash writes an answer for bash, which chooses nothing itself. Tail is
// what bash takes for the word that is typed: it also breaks words at =, : and
// @, and what stands before must not be given again. Words are how bash has
// split the line.
func WriteBash(w io.Writer, a Answer, tail string, line Typed, words []string) error {
	a.Candidates = slices.DeleteFunc(a.Candidates, func(c Candidate) bool { return !strings.HasPrefix(c.Value, a.Word) })
	if a.Command > 0 {
		a.Command = line.bashWord(a.Command, words)
	}
	whole := a.Prefix + a.Word
	drop := 0
	if strings.HasSuffix(whole, tail) {
		drop = len(whole) - len(tail)
	}
	return write(w, a, func(value string) string { return (a.Prefix + value)[drop:] })
}

func write(w io.Writer, a Answer, shown func(string) string) error {
	b := bufio.NewWriter(w)
	fits := slices.ContainsFunc(a.Candidates, func(c Candidate) bool { return strings.HasPrefix(c.Value, a.Word) })
	switch {
	case a.Command > 0:
		fmt.Fprintf(b, "command %d\n", a.Command)
	case a.Files && !fits:
		fmt.Fprintln(b, "files")
	case a.Folders && !fits:
		fmt.Fprintln(b, "folders")
	default:
		fmt.Fprintln(b, "words")
	}
	for _, c := range a.Candidates {
		if strings.ContainsFunc(c.Value, unicode.IsControl) {
			continue // it would be taken for several
		}
		line := shown(c.Value)
		if c.About != "" {
			line += "\t" + oneLine(c.About)
		}
		fmt.Fprintln(b, line)
	}
	return b.Flush()
}

// oneLine is a text with nothing in it that a terminal would act upon.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
