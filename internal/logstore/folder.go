package logstore

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Folder is where the output of an instance lies under a project's logs root.
// Names of letters, digits, '_', '-' and dots between are kept as they are;
// other bytes, and a dot at either end, become %XX, so that no name leaves
// the root and two names never share a folder.
func Folder(root, instance string) string { return filepath.Join(root, escape(instance)) }

func escape(name string) string {
	safe := name != ""
	for i := range len(name) {
		safe = safe && plain(name, i)
	}
	if safe {
		return name
	}
	if name == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(name) {
		if plain(name, i) {
			b.WriteByte(name[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", name[i])
		}
	}
	return b.String()
}

// plain says whether byte i of a name may stand in a file's name. Bytes of
// letters beyond ASCII may.
func plain(name string, i int) bool {
	c := name[i]
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c >= 0x80:
		return true
	case c == '.':
		return i > 0 && i < len(name)-1
	}
	return false
}

// unescape is false for what escape never gives.
func unescape(folder string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(folder); i++ {
		if folder[i] != '%' {
			b.WriteByte(folder[i])
			continue
		}
		if i+3 > len(folder) {
			break
		}
		c, err := strconv.ParseUint(folder[i+1:i+3], 16, 8)
		if err != nil {
			break
		}
		b.WriteByte(byte(c))
		i += 2
	}
	name := b.String()
	return name, escape(name) == folder
}

// Source is one instance's folder, and the name its lines are given.
type Source struct{ Name, Dir string }

// Sources lists the instances that have a folder under root, by name. A root
// that doesn't exist has none.
func Sources(root string) ([]Source, error) {
	entries, err := os.ReadDir(root)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the logs: %w", err)
	}
	var out []Source
	for _, e := range entries {
		if name, ok := unescape(e.Name()); ok && e.IsDir() {
			out = append(out, Source{Name: name, Dir: filepath.Join(root, e.Name())})
		}
	}
	slices.SortFunc(out, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func logPath(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%06d.log", n)) }
func packedPath(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("%06d.log.zst", n))
}
func idxPath(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%06d.idx", n)) }

// Files are the paths of the bytes in one instance's folder, oldest first. Any
// program can read them; those that end in .zst with zstdcat, or rg -z.
func Files(dir string) ([]string, error) {
	numbers, _, err := list(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, n := range numbers {
		path := logPath(dir, n)
		if _, err := os.Stat(path); os.IsNotExist(err) {
			path = packedPath(dir, n)
		}
		files = append(files, path)
	}
	return files, nil
}

// list gives the numbers of the segments in dir, ascending, and the highest
// number that any file has: an index may lie there without its bytes when a
// writer died between making the two. A folder that doesn't exist has none.
func list(dir string) (numbers []int, highest int, err error) {
	d, err := os.Open(dir)
	if os.IsNotExist(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("cannot list the log: %w", err)
	}
	names, err := d.Readdirnames(-1)
	d.Close()
	if os.IsNotExist(err) {
		return nil, 0, nil // removed since it was opened
	}
	if err != nil {
		return nil, 0, fmt.Errorf("cannot list the log: %w", err)
	}
	for _, name := range names {
		stem, ext, _ := strings.Cut(name, ".")
		n, err := strconv.Atoi(stem)
		if err != nil || n < 1 || len(stem) < 6 || ext != "log" && ext != "idx" && ext != "log.zst" {
			continue
		}
		highest = max(highest, n)
		if ext != "idx" {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), highest, nil // for a moment, one is there in both forms
}
