// Package manual writes the reference of a command line from kong's model, the
// source of --help too: a man page ([Roff]) and a page of Markdown
// ([Markdown]). What the model doesn't know, exit codes and files say, a
// [Manual] is given besides.
package manual

import (
	"fmt"
	"go/doc/comment"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Manual is what there is to tell of a program.
type Manual struct {
	App     *kong.Application
	Version string
	Date    time.Time // of the version
	// Title is one line of what the program is, for a list of programs.
	Title string
	// Tables follow the commands: exit codes, variables, files.
	Tables []Table
	// SeeAlso are other manual pages: "tmux(1)".
	SeeAlso []string
}

// Table is a list of things and what they mean.
type Table struct {
	Title string
	Rows  [][2]string
}

// commands are those that are shown, in the order of --help.
func (m Manual) commands() []*kong.Node {
	var all []*kong.Node
	for _, n := range m.App.Leaves(true) {
		if !n.Hidden {
			all = append(all, n)
		}
	}
	return all
}

// blocks reads a help as kong does for --help: paragraphs, and examples, which
// are indented.
func blocks(text string) []comment.Block {
	return new(comment.Parser).Parse(text).Content
}

// plain is the text of a paragraph in one line.
func plain(text []comment.Text) string {
	var b strings.Builder
	for _, t := range text {
		switch t := t.(type) {
		case comment.Plain:
			b.WriteString(string(t))
		case comment.Italic:
			b.WriteString(string(t))
		case *comment.Link:
			b.WriteString(plain(t.Text))
		case *comment.DocLink:
			b.WriteString(plain(t.Text))
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// usage is how a command is written, as --help says it.
func usage(app *kong.Application, n *kong.Node) string {
	words := []string{app.Name, fullName(n)}
	for _, p := range n.Positional {
		words = append(words, p.Summary())
	}
	if len(flags(n)) > 0 {
		words = append(words, "[flags]")
	}
	return strings.Join(words, " ")
}

// fullName is a command with those it is below.
func fullName(n *kong.Node) string {
	name := n.Name
	for p := n.Parent; p != nil && p.Type == kong.CommandNode; p = p.Parent {
		name = p.Name + " " + name
	}
	return name
}

// flags are a command's own that are shown.
func flags(n *kong.Node) []*kong.Flag {
	var all []*kong.Flag
	for _, f := range n.Flags {
		if !f.Hidden {
			all = append(all, f)
		}
	}
	return all
}

// flagNames is how a flag is written: "-n, --lines=N".
func flagNames(f *kong.Flag) string {
	name := "--" + f.Name
	if f.Tag.Negatable == "_" {
		name = "--[no-]" + f.Name
	}
	if !f.IsBool() && !f.IsCounter() {
		name += "=" + placeholder(f)
	}
	if f.Short != 0 {
		return fmt.Sprintf("-%c, %s", f.Short, name)
	}
	return name
}

func placeholder(f *kong.Flag) string {
	switch {
	case f.PlaceHolder != "":
		return f.PlaceHolder
	case f.Enum != "":
		return strings.Join(f.EnumSlice(), "|")
	case f.Target.Type() == durationType:
		return "DURATION"
	}
	return strings.ToUpper(f.Name)
}

// flagHelp says what a flag is for, and its default where it isn't obvious.
func flagHelp(f *kong.Flag) string {
	help := f.Help
	if f.HasDefault && f.Default != "" && !f.IsBool() {
		help = strings.TrimSuffix(help, ".") + "; default: " + f.Default + "."
	}
	return help
}
