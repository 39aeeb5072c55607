package config

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// AdHoc returns a project without a config: it is named after the folder dir
// and has one service that runs argv in it, or none when argv is nil. The
// service is called name; if that is empty, after the program.
func AdHoc(dir string, name string, argv []string) (*Project, error) {
	abs, err := folder(dir)
	if err != nil {
		return nil, err
	}
	p := &Project{Name: folderName(abs), Dir: abs, Tmux: Tmux{Server: "user"}, Logs: logsOfAll(), Services: []Service{}}
	if argv == nil {
		return p, nil
	}
	if name == "" && len(argv) > 0 {
		name = programName(argv[0])
	}
	s, err := CommandService(name, abs, argv)
	if err != nil {
		return nil, err
	}
	p.Services = append(p.Services, s)
	return p, nil
}

// CommandService returns a service that runs a command in a folder. A command
// of one word that is not a file is read as a whole command line, as
// [ParseCommand] does.
func CommandService(name, dir string, argv []string) (Service, error) {
	if err := ValidName(name); err != nil {
		return Service{}, err
	}
	abs, err := folder(dir)
	if err != nil {
		return Service{}, err
	}
	s := newService(name, abs)
	if len(argv) == 1 && !isFile(abs, argv[0]) {
		s.Command, err = ParseCommand(argv[0])
	} else {
		s.Command, err = listCommand(argv)
	}
	if err != nil {
		return Service{}, fmt.Errorf("cannot run service %q: %w", name, err)
	}
	return s, nil
}

// FileService returns a service that runs a file in the file's folder: by
// itself if it is a program, else with the interpreter that its extension or
// its first line asks for. The service has the name of the file.
func FileService(path string, args []string) (Service, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Service{}, fmt.Errorf("cannot run %s: %w", path, err)
	}
	fi, err := os.Stat(abs)
	if err != nil {
		return Service{}, fmt.Errorf("cannot run %s: %w", path, plain(err))
	}
	if !fi.Mode().IsRegular() {
		return Service{}, fmt.Errorf("cannot run %s: it is not a file", path)
	}
	argv, err := interpreter(abs, fi.Mode().Perm()&0o111 != 0)
	if err != nil {
		return Service{}, fmt.Errorf("cannot run %s: %w", path, err)
	}
	s := newService(programName(abs), filepath.Dir(abs))
	s.Command, err = listCommand(append(append(argv, abs), args...))
	if err != nil {
		return Service{}, fmt.Errorf("cannot run %s: %w", path, err)
	}
	return s, nil
}

// programName makes a service's name of a program's path.
func programName(path string) string {
	base := filepath.Base(path)
	if stem := strings.TrimSuffix(base, filepath.Ext(base)); stem != "" {
		base = stem
	}
	return safeName(base)
}

func folder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cannot run in %s: %w", dir, err)
	}
	fi, err := os.Stat(abs)
	if err != nil {
		return "", fmt.Errorf("cannot run in %s: %w", dir, plain(err))
	}
	if !fi.IsDir() {
		return "", fmt.Errorf("cannot run in %s: it is not a folder", dir)
	}
	return abs, nil
}

func isFile(dir, path string) bool {
	if !strings.ContainsRune(path, '/') {
		return false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

// NoInterpreterError says that it is not known how to run a file.
type NoInterpreterError struct{ Ext string }

func (e *NoInterpreterError) Error() string {
	if e.Ext == "" {
		return "it is not executable and has no #! line"
	}
	return fmt.Sprintf("nothing is known that runs %s files", e.Ext)
}

// Hint says how to run it anyhow.
func (e *NoInterpreterError) Hint() string {
	return "name the program: prox run NAME -- PROGRAM FILE"
}

// interpreter is the command to put before a file; empty for a program.
func interpreter(path string, executable bool) ([]string, error) {
	line, err := firstLine(path)
	if err != nil {
		return nil, err
	}
	bang, hasBang := strings.CutPrefix(line, "#!")
	if executable && (hasBang || isBinary(line)) {
		return nil, nil
	}
	ext := strings.ToLower(filepath.Ext(path))
	if argv := byExtension(path, ext); argv != nil {
		return argv, nil
	}
	if argv := strings.Fields(bang); hasBang && len(argv) > 0 {
		return argv, nil
	}
	if executable {
		// What a shell does with it.
		return []string{shell}, nil
	}
	return nil, &NoInterpreterError{Ext: ext}
}

func byExtension(path, ext string) []string {
	switch ext {
	case ".js", ".cjs", ".mjs":
		return []string{"node"}
	case ".ts", ".mts", ".cts", ".tsx", ".jsx":
		return typescript(path)
	case ".py":
		if venv := above(path, ".venv/bin/python", "venv/bin/python"); venv != "" {
			return []string{venv}
		}
		return []string{"python3"}
	case ".rb":
		return []string{"ruby"}
	case ".go":
		return []string{"go", "run"}
	case ".sh":
		return []string{shell}
	case ".bash":
		return []string{"bash"}
	case ".zsh":
		return []string{"zsh"}
	case ".fish":
		return []string{"fish"}
	case ".php":
		return []string{"php"}
	case ".pl":
		return []string{"perl"}
	case ".lua":
		return []string{"lua"}
	case ".r":
		return []string{"Rscript"}
	case ".jl":
		return []string{"julia"}
	case ".ex", ".exs":
		return []string{"elixir"}
	case ".jar":
		return []string{"java", "-jar"}
	case ".java":
		return []string{"java"}
	}
	return nil
}

// typescript picks what the project around a file uses.
func typescript(path string) []string {
	if tsx := above(path, "node_modules/.bin/tsx"); tsx != "" {
		return []string{tsx}
	}
	switch filepath.Base(above(path, "deno.json", "deno.jsonc", "bun.lock", "bun.lockb", "package.json")) {
	case "deno.json", "deno.jsonc":
		return []string{"deno", "run", "--allow-all"}
	case "bun.lock", "bun.lockb":
		return []string{"bun"}
	}
	return []string{"tsx"}
}

// above returns the first of the files that is in path's folder or, if none
// is, in a folder above.
func above(path string, files ...string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		for _, f := range files {
			full := filepath.Join(dir, f)
			if fi, err := os.Stat(full); err == nil && !fi.IsDir() {
				return full
			}
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// firstLine reads what the kernel would look at, and no more.
func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", plain(err)
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(bufio.NewReader(f), 256))
	if err != nil {
		return "", plain(err)
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return strings.TrimSpace(string(line)), nil
}

// isBinary knows ELF and Mach-O programs.
func isBinary(head string) bool {
	for _, magic := range [...]string{"\x7fELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if strings.HasPrefix(head, magic) {
			return true
		}
	}
	return false
}
