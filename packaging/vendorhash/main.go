// Vendorhash keeps flake.nix's vendorHash in step with go.mod: it vendors the
// modules as Nix does, and hashes the folder in Nix's form. `make vendor-hash`
// runs it; without -w it only says what differs.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	write := flag.Bool("w", false, "write the hash into flake.nix")
	root := flag.String("C", ".", "folder with go.mod and flake.nix")
	flag.Parse()
	if err := run(*root, *write); err != nil {
		fmt.Fprintln(os.Stderr, "vendorhash:", err)
		os.Exit(1)
	}
}

var hashInFlake = regexp.MustCompile(`vendorHash = "(sha256-[^"]*)"`)

func run(root string, write bool) error {
	want, err := vendorHash(root)
	if err != nil {
		return err
	}
	file := filepath.Join(root, "flake.nix")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read the flake: %w", err)
	}
	found := hashInFlake.FindSubmatchIndex(text)
	if found == nil {
		return errors.New("flake.nix has no vendorHash")
	}
	if string(text[found[2]:found[3]]) == want {
		return nil
	}
	if !write {
		return fmt.Errorf("flake.nix has %s, and go.mod makes %s: run make vendor-hash", text[found[2]:found[3]], want)
	}
	text = append(append(append([]byte{}, text[:found[2]]...), want...), text[found[3]:]...)
	return os.WriteFile(file, text, 0o644)
}

// vendorHash is what Nix calls the folder that `go mod vendor` makes.
func vendorHash(root string) (string, error) {
	dir, err := os.MkdirTemp("", "vendor")
	if err != nil {
		return "", fmt.Errorf("cannot vendor the modules: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	vendor := filepath.Join(dir, "vendor")
	cmd := exec.CommandContext(ctx, "go", "mod", "vendor", "-o", vendor)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot vendor the modules: %w\n%s", err, bytes.TrimSpace(out))
	}
	h := sha256.New()
	if err := archive(h, vendor); err != nil {
		return "", fmt.Errorf("cannot hash the modules: %w", err)
	}
	return "sha256-" + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}
