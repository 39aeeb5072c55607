package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// overlayFiles are the configs that may be laid over file in an environment.
func overlayFiles(file, environment string) []string {
	ext := filepath.Ext(file)
	stem := strings.TrimSuffix(file, ext) + "." + environment
	switch strings.ToLower(ext) {
	case ".toml":
		return []string{stem + ext}
	case ".yml", ".yaml":
		return []string{stem + ".yml", stem + ".yaml"}
	}
	return nil // a Procfile
}

// overlay lays what an environment changes over the config: tables are merged,
// and anything else replaces what it is laid over. It returns the root of both.
func overlay(root *node, file, environment string, ps *problems) *node {
	for _, path := range overlayFiles(file, environment) {
		data, err := read(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		own := &problems{file: path}
		var over *node
		if err != nil {
			own.add(position{}, "", "cannot be read: "+plain(err).Error(), readHint(path, err))
		} else {
			over = parse(path, data, own)
		}
		ps.list = append(ps.list, own.list...)
		if over == nil {
			continue
		}
		over.setFile(path)
		if name := over.get("name"); name != nil {
			ps.add(name.at, "name", "an environment has no name of its own", "write it into "+filepath.Base(file))
		}
		root = merge(root, over)
	}
	return root
}

func (n *node) setFile(path string) {
	n.at.file = path
	for i := range n.fields {
		n.fields[i].at.file = path
		n.fields[i].value.setFile(path)
	}
	for _, item := range n.items {
		item.setFile(path)
	}
}

func merge(under, over *node) *node {
	if under == nil || under.kind != table || over.kind != table {
		return over
	}
	merged := *under
	merged.fields = append([]field(nil), under.fields...)
	for _, f := range over.fields {
		if old := merged.find(f.key); old != nil {
			old.value = merge(old.value, f.value)
			continue
		}
		merged.fields = append(merged.fields, f)
	}
	return &merged
}

// checkEnvironment reports an environment that there is no sign of: it is
// mistyped, and the project would come up with what is meant for another.
func (p *Project) checkEnvironment(ps *problems) {
	if p.Environment == "" {
		return
	}
	if err := ValidName(p.Environment); err != nil {
		ps.add(position{}, "", "no environment can be called so: "+err.Error(), "")
		return
	}
	if p.Environment == "local" {
		ps.add(position{}, "", "no environment can be called local, because .env.local belongs to all of them", "")
		return
	}
	signs := []string{".env." + p.Environment, ".env." + p.Environment + ".local"}
	if p.File != "" {
		for _, path := range overlayFiles(p.File, p.Environment) {
			signs = append(signs, filepath.Base(path))
		}
	}
	for _, name := range signs {
		if _, err := os.Stat(filepath.Join(p.Dir, name)); err == nil {
			return
		}
	}
	hint := "there is none yet: write one of them"
	if known := p.Environments(); len(known) > 0 {
		hint = "known are " + strings.Join(known, ", ")
		if near := nearest(p.Environment, known); near != "" {
			hint = "did you mean " + near + "?"
		}
	}
	ps.add(position{}, "", fmt.Sprintf("there is no environment %q: none of %s is here", p.Environment, strings.Join(signs, ", ")), hint)
}

// Environments are the names that --env knows here: those that some file beside
// the config is named after, sorted.
func (p *Project) Environments() []string {
	entries, err := os.ReadDir(p.Dir) // sorted
	if err != nil {
		return nil
	}
	var names []string
	seen := map[string]bool{"local": true, "example": true, "sample": true, "template": true}
	stem := ""
	if p.File != "" {
		stem = strings.TrimSuffix(filepath.Base(p.File), filepath.Ext(p.File)) + "."
	}
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), ".env.")
		if ok {
			name = strings.TrimSuffix(name, ".local")
		} else if name, ok = strings.CutPrefix(e.Name(), stem); ok && stem != "" {
			name, ok = strings.CutSuffix(name, filepath.Ext(p.File))
		}
		if ok && !seen[name] && ValidName(name) == nil {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
