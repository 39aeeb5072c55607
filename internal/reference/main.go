// Reference writes docs/reference from what prox is made of: the command line's
// model, and the types and the schema of the config. It is run by `make docs`;
// its test fails when the files say something else than the code.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"prox/internal/cli"
)

//go:generate go run . -o ../../docs/reference

func main() {
	out := flag.String("o", "docs/reference", "folder to write to")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	pages, err := pages()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot write the reference: %w", err)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("cannot write the reference: %w", err)
		}
	}
	return nil
}

const generated = "<!-- Generated from the code by `make docs`: change the code, not this file. -->\n\n"

// pages are the files of the reference, by name.
func pages() (map[string][]byte, error) {
	m, err := cli.Manual()
	if err != nil {
		return nil, err
	}
	keys, err := configPage()
	if err != nil {
		return nil, err
	}
	intro := generated + "The same as `prox COMMAND --help` and `man prox` say. What a config can say is in [config.md](config.md)."
	return map[string][]byte{
		"cli.md":    m.Markdown("The command line", intro),
		"config.md": keys,
	}, nil
}
