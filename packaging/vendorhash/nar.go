package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// archive writes a file or a folder as a NAR, the form that Nix hashes: names,
// contents and whether a file can be executed, and nothing else.
func archive(w io.Writer, path string) error {
	if err := words(w, "nix-archive-1"); err != nil {
		return err
	}
	return node(w, path)
}

func node(w io.Writer, path string) error {
	fi, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if err := words(w, "(", "type"); err != nil {
		return err
	}
	switch {
	case fi.IsDir():
		err = folder(w, path)
	case fi.Mode().IsRegular():
		err = file(w, path, fi)
	case fi.Mode()&os.ModeSymlink != 0:
		var to string
		if to, err = os.Readlink(path); err == nil {
			err = words(w, "symlink", "target", to)
		}
	default:
		err = fmt.Errorf("%s is neither a file nor a folder", path)
	}
	if err != nil {
		return err
	}
	return words(w, ")")
}

func folder(w io.Writer, path string) error {
	entries, err := os.ReadDir(path) // sorted by bytes, as is wanted
	if err != nil {
		return err
	}
	if err := words(w, "directory"); err != nil {
		return err
	}
	for _, e := range entries {
		if err := words(w, "entry", "(", "name", e.Name(), "node"); err != nil {
			return err
		}
		if err := node(w, filepath.Join(path, e.Name())); err != nil {
			return err
		}
		if err := words(w, ")"); err != nil {
			return err
		}
	}
	return nil
}

func file(w io.Writer, path string, fi os.FileInfo) error {
	if err := words(w, "regular"); err != nil {
		return err
	}
	if fi.Mode()&0o100 != 0 {
		if err := words(w, "executable", ""); err != nil {
			return err
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return words(w, "contents", string(b))
}

// words are written with their lengths before them, in multiples of eight.
func words(w io.Writer, all ...string) error {
	for _, s := range all {
		if err := binary.Write(w, binary.LittleEndian, uint64(len(s))); err != nil {
			return err
		}
		if _, err := io.WriteString(w, s+"\x00\x00\x00\x00\x00\x00\x00"[:(8-len(s)%8)%8]); err != nil {
			return err
		}
	}
	return nil
}
