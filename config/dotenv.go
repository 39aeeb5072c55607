package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/sirupsen/logrus"
)

// The parser warns on standard error of what is not set. Nothing else in prox
// uses that logger, and a terminal user interface must not be written over.
func init() { logrus.SetOutput(io.Discard) }

// envFileNames are the files of an environment, weakest first.
func envFileNames(environment string) []string {
	names := []string{".env", ".env.local"}
	if environment != "" {
		names = append(names, ".env."+environment, ".env."+environment+".local")
	}
	return names
}

// envFile is what one file of variables says.
type envFile struct {
	name   string // for people: relative to the project's folder
	values map[string]string
}

// readEnvFiles reads the files of the project's environment that are there,
// weakest first. Values may refer to the shell's variables and to those of
// weaker files.
func (p *Project) readEnvFiles(outer lookup, ps *problems) []envFile {
	var files []envFile
	for _, name := range envFileNames(p.Environment) {
		path := filepath.Join(p.Dir, name)
		f, err := readEnvFile(path, name, chain(outer, files))
		switch {
		case err == nil:
			files = append(files, f)
		case !errors.Is(err, fs.ErrNotExist):
			ps.envFile(path, err)
		}
	}
	return files
}

// readServiceEnvFiles reads those that a service names itself.
func (p *Project) readServiceEnvFiles(s *Service, outer lookup, weaker []envFile, ps *problems) []envFile {
	var files []envFile
	for _, path := range s.EnvFile {
		name := path
		if rel, err := filepath.Rel(p.Dir, path); err == nil && filepath.IsLocal(rel) {
			name = rel
		}
		f, err := readEnvFile(path, name, chain(outer, slices.Concat(weaker, files)))
		if err != nil {
			ps.envFile(path, err)
			continue
		}
		files = append(files, f)
	}
	return files
}

// chain looks a variable up outside, then in files from the strongest on.
func chain(outer lookup, files []envFile) dotenv.LookupFn {
	return func(name string) (string, bool) {
		if v, ok := outer(name); ok {
			return v, true
		}
		for i := len(files) - 1; i >= 0; i-- {
			if v, ok := files[i].values[name]; ok {
				return v, true
			}
		}
		return "", false
	}
}

func readEnvFile(path, name string, known dotenv.LookupFn) (envFile, error) {
	data, err := read(path)
	if err != nil {
		return envFile{}, err
	}
	values, err := parseEnv(data, known)
	return envFile{name, values}, err
}

// parseEnv reads what a .env file says.
func parseEnv(data []byte, known dotenv.LookupFn) (map[string]string, error) {
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("it has a NUL character in it: it is not a text file, or not in UTF-8")
	}
	// Line ends are the editor's; a value of several lines has those of Unix.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	values, err := dotenv.ParseWithLookup(bytes.NewReader(data), known)
	if err != nil {
		return nil, whereOpened(data, err)
	}
	for name := range values {
		if variables.bad(name) {
			return nil, errors.New("no variable can be called " + strconv.Quote(name))
		}
	}
	return values, nil
}

// whereOpened puts the line in which a quote opens into the error about one
// that is never closed: the parser looks for its end up to that of the file,
// and names the line that it has come to. The value is left out: it may be a
// secret.
func whereOpened(data []byte, err error) error {
	_, value, ok := strings.Cut(err.Error(), ": unterminated quoted value ")
	if !ok || value == "" {
		return err
	}
	// It is the last quote of its kind that no backslash takes away; all after
	// it are within the value.
	for i := len(data) - 1; i >= 0; i-- {
		before := data[:i]
		if escapes := i - len(bytes.TrimRight(before, `\`)); data[i] == value[0] && escapes%2 == 0 {
			return fmt.Errorf("line %d: a quote opens here that is never closed", bytes.Count(before, []byte("\n"))+1)
		}
	}
	return err
}

// envFile reports what is wrong with a file of variables.
func (ps *problems) envFile(path string, err error) {
	message, at := plain(err).Error(), position{file: path}
	number, what, ok := strings.Cut(strings.TrimPrefix(message, "line "), ": ")
	if line, err := strconv.Atoi(number); ok && err == nil {
		at.line, message = line, what
	} else {
		message = "cannot be read: " + message
	}
	ps.add(at, "", message, readHint(path, err))
}
