package discover

import (
	"path"
	"strings"
)

// folderOf is the folder that a file calls value, as a service's Dir.
func (f *file) folderOf(value string) string {
	for _, here := range []string{"${PWD}", "$PWD", "${PWD:-}", "<CONFIG_DIR>", f.root.dir} {
		if rest, ok := strings.CutPrefix(value, here); ok && (rest == "" || rest[0] == '/') {
			return join(f.dir, "."+rest)
		}
	}
	switch {
	case value == "":
		return f.dir
	case value == "~", strings.HasPrefix(value, "~/"):
		return "${HOME}" + value[1:]
	case strings.HasPrefix(value, "/"), strings.HasPrefix(value, "$"):
		return value
	}
	return join(f.dir, value)
}

// seenFrom is a path of the folder base as it is written in the folder dir, both
// relative to the root; as it stands if there is no such way.
func seenFrom(dir, base, name string) string {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "$") || strings.HasPrefix(dir, "/") || strings.HasPrefix(dir, "$") {
		return name
	}
	full := path.Join(base, name)
	if strings.HasSuffix(name, "/") {
		full += "/"
	}
	from := path.Clean(dir)
	if from == "." {
		return full
	}
	var up string
	for from != "." && !strings.HasPrefix(full, from+"/") {
		if full == from {
			return path.Clean(up + ".")
		}
		if path.Base(from) == ".." {
			return name
		}
		from = path.Dir(from)
		up += "../"
	}
	if from == "." {
		return up + full
	}
	return up + strings.TrimPrefix(full, from+"/")
}
