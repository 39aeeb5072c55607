package discover

import (
	"path/filepath"
	"slices"
	"strings"
)

// isComposeUp reports whether a program starts the services of a compose file.
func isComposeUp(c invocation) bool {
	words := c.words()
	switch c.program() {
	case "docker", "podman":
		return len(words) > 1 && words[0] == "compose" && slices.Contains(words, "up")
	case "docker-compose", "podman-compose":
		return slices.Contains(words, "up")
	}
	return false
}

func (r *root) composeIn(dir string) bool {
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"} {
		if r.exists(join(dir, name)) {
			return true
		}
	}
	return false
}

// procfileRunners are the files whose services a program runs.
func procfileRunners(c invocation) []string {
	switch c.program() {
	case "foreman", "overmind", "hivemind", "goreman", "honcho", "forego", "nf":
		if name := c.flag("-f", "--procfile", "-j"); name != "" {
			return []string{filepath.ToSlash(name)}
		}
		return []string{"Procfile", "Procfile.dev"}
	case "heroku":
		if words := c.words(); len(words) > 0 && words[0] == "local" {
			return []string{"Procfile"}
		}
	case "process-compose":
		return processComposeNames
	case "mprocs":
		return mprocsNames
	case "pm2", "pm2-dev", "pm2-runtime":
		for _, word := range c.words() {
			if strings.Contains(word, "ecosystem") || strings.HasSuffix(word, ".json") {
				return []string{word}
			}
		}
	}
	return nil
}
