package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

func TestFlakeHasTheHashOfTheModules(t *testing.T) {
	t.Parallel()
	if err := run("../..", false); err != nil {
		t.Error(err)
	}
}

func TestTheHashIsWrittenIntoTheFlake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module x\n\ngo 1.26.0\n\nrequire golang.org/x/term v0.47.0\n\nrequire golang.org/x/sys v0.49.0 // indirect\n",
		"x.go":      "package x\n\nimport _ \"golang.org/x/term\"\n",
		"flake.nix": "{ vendorHash = \"sha256-old\"; }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, false); err == nil {
		t.Error("an old hash is taken for right")
	}
	if err := run(dir, true); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, false); err != nil {
		t.Error(err)
	}
}

// TestArchiveIsWhatNixMakes: of a file that holds "hello" Nix says so.
func TestArchiveIsWhatNixMakes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := archive(&b, path); err != nil {
		t.Fatal(err)
	}
	want := "\x0d\x00\x00\x00\x00\x00\x00\x00nix-archive-1\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00(\x00\x00\x00\x00\x00\x00\x00" +
		"\x04\x00\x00\x00\x00\x00\x00\x00type\x00\x00\x00\x00" +
		"\x07\x00\x00\x00\x00\x00\x00\x00regular\x00" +
		"\x08\x00\x00\x00\x00\x00\x00\x00contents" +
		"\x05\x00\x00\x00\x00\x00\x00\x00hello\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00)\x00\x00\x00\x00\x00\x00\x00"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
	sum := sha256.Sum256(b.Bytes())
	if got := hex.EncodeToString(sum[:]); got != "0a430879c266f8b57f4092a0f935cf3facd48bbccde5760d4748ca405171e969" {
		t.Errorf("%s", got)
	}
}
