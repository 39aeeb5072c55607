package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestReferenceSaysWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	all, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("../../docs/reference", name))
		if err != nil {
			t.Errorf("%v: run make docs", err)
			continue
		}
		if !bytes.Equal(got, want) {
			a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
			for k := range min(len(a), len(b)) {
				if a[k] != b[k] {
					t.Errorf("docs/reference/%s:%d says\n  %s\nand the code\n  %s", name, k+1, a[k], b[k])
					break
				}
			}
			t.Errorf("docs/reference/%s is not what the code says: run make docs", name)
		}
	}
}

// TestExampleHasEveryKey looks for each key in prox.toml.example.
func TestExampleHasEveryKey(t *testing.T) {
	t.Parallel()
	var example map[string]any
	if _, err := toml.DecodeFile("../../prox.toml.example", &example); err != nil {
		t.Fatal(err)
	}
	all, err := sections()
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, s := range all {
		for _, k := range s.keys {
			keys++
			if !has(example, strings.Split(k.path, ".")) {
				t.Errorf("prox.toml.example lacks %s", k.path)
			}
		}
	}
	if keys < 60 {
		t.Errorf("only %d keys", keys)
	}
}

// has finds a path in a table; NAME is any key.
func has(table map[string]any, path []string) bool {
	for name, v := range table {
		if name != path[0] && path[0] != "NAME" {
			continue
		}
		if len(path) == 1 {
			return true
		}
		if inner, ok := v.(map[string]any); ok && has(inner, path[1:]) {
			return true
		}
	}
	return false
}

func TestEveryKeyIsToldOf(t *testing.T) {
	t.Parallel()
	all, err := sections()
	if err != nil {
		t.Fatal(err)
	}
	fallbacks := map[string]string{}
	for _, s := range all {
		for _, k := range s.keys {
			if k.about == "" || k.typ == "" {
				t.Errorf("%s: about %q, type %q", k.path, k.about, k.typ)
			}
			fallbacks[k.path] = k.fallback
		}
	}
	// Of one type, and not alike in all places.
	for path, want := range map[string]string{
		"logs.max_total":                      `"10GiB"`,
		"services.NAME.logs.max_total":        `"1GiB"`,
		"services.NAME.healthcheck.interval":  `"10s"`,
		"services.NAME.autostart":             "true",
		"services.NAME.restart.give_up_alike": "0",
		"services.NAME.command":               "",
	} {
		if fallbacks[path] != want {
			t.Errorf("the default of %s is %q, want %q", path, fallbacks[path], want)
		}
	}
}

// TestLinksLeadSomewhere follows those within the pages, and to files.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	link := regexp.MustCompile(`\]\(([^)]*)\)`)
	for name, text := range all {
		var anchors []string
		for _, h := range heading.FindAllSubmatch(text, -1) {
			a := strings.ReplaceAll(regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(string(h[1])), ""), " ", "-")
			if slices.Contains(anchors, a) {
				t.Errorf("%s: two headings are called %q", name, h[1])
			}
			anchors = append(anchors, a)
		}
		text = regexp.MustCompile("`[^`\n]*`").ReplaceAll(text, nil) // a pattern may look like a link
		for _, l := range link.FindAllSubmatch(text, -1) {
			to := string(l[1])
			if at, ok := strings.CutPrefix(to, "#"); ok {
				if !slices.Contains(anchors, at) {
					t.Errorf("%s: no heading for %s", name, to)
				}
			} else if _, err := os.Stat(filepath.Join("../../docs/reference", to)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
