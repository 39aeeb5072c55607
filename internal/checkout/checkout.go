// Package checkout tells what git has checked out in a folder. It reads git's
// own files, for that is a hundred times faster than to run it:
//
//	at := checkout.At("/srv/shop/api") // {Branch: "main", Commit: "1f3a9c…"}
package checkout

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// Head is what is checked out. The zero value is a folder without git.
type Head struct {
	Branch string // "" when it is a commit by itself
	Commit string // its full name in hex; "" when there is none yet, or it is kept in a way that is not read here
}

// String is the branch, or the first digits of the commit.
func (h Head) String() string {
	if h.Branch != "" {
		return h.Branch
	}
	return h.Short()
}

// Short is the first digits of the commit.
func (h Head) Short() string { return h.Commit[:min(len(h.Commit), 7)] }

// At looks in dir and the folders above it.
func At(dir string) Head {
	for {
		if h, ok := in(filepath.Join(dir, ".git"), dir); ok {
			return h
		}
		up := filepath.Dir(dir)
		if up == dir {
			return Head{}
		}
		dir = up
	}
}

func in(dot, dir string) (Head, bool) {
	if to, ok := field(dot, "gitdir: "); ok { // a worktree's, or a submodule's
		if dot = to; !filepath.IsAbs(dot) {
			dot = filepath.Join(dir, dot)
		}
	}
	head, ok := field(filepath.Join(dot, "HEAD"), "")
	if !ok {
		return Head{}, false
	}
	ref, ok := strings.CutPrefix(head, "ref: ")
	if !ok {
		return Head{Commit: head}, true
	}
	h := Head{Branch: strings.TrimPrefix(ref, "refs/heads/")}
	common := dot // where a worktree's branches are
	if to, ok := field(filepath.Join(dot, "commondir"), ""); ok {
		if common = to; !filepath.IsAbs(common) {
			common = filepath.Join(dot, common)
		}
	}
	if h.Commit, ok = field(filepath.Join(common, filepath.FromSlash(ref)), ""); !ok {
		h.Commit = packed(filepath.Join(common, "packed-refs"), ref)
	}
	return h, true
}

// field is what a file of one line says behind a prefix.
func field(path, prefix string) (string, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(strings.TrimSpace(string(b)), prefix)
}

// packed looks a ref up among those that git has put into one file.
func packed(path, ref string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		commit, name, ok := bytes.Cut(lines.Bytes(), []byte(" "))
		if ok && string(name) == ref {
			return string(commit)
		}
	}
	return ""
}
