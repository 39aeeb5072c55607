package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	leastLogSize  = 64 << 10
	leastLogTotal = 2 * leastLogSize
	leastLogAge   = time.Minute

	projectLogs = Bytes(10 << 30)
)

// logsOfAll are a project's, where nothing else is said.
func logsOfAll() Logs {
	l := defaultLogs()
	l.MaxTotal = projectLogs
	return l
}

// defaultLogs are a service's, where nothing else is said.
func defaultLogs() Logs {
	return Logs{MaxSize: 64 << 20, MaxTotal: 1 << 30, Compress: true}
}

// checkLogs completes what is kept of each service's output by what the project
// says of all, and reports what can't be.
func checkLogs(p *Project, root *node, d *decoder) {
	d.logs(root.get("logs"), "logs", p.Logs)
	for i := range p.Services {
		s := &p.Services[i]
		n, key := root.get("services", s.Name, "logs"), join("services", s.Name)+".logs"
		if n.get("max_size") == nil {
			s.Logs.MaxSize = p.Logs.MaxSize
		}
		if n.get("max_age") == nil {
			s.Logs.MaxAge = p.Logs.MaxAge
		}
		if n.get("compress") == nil {
			s.Logs.Compress = p.Logs.Compress
		}
		d.logs(n, key, s.Logs)
		s.Logs.MaxTotal = min(s.Logs.MaxTotal, p.Logs.MaxTotal)
		if size := n.get("max_size"); isSize(size) && n.get("max_total") == nil && s.Logs.MaxTotal >= leastLogTotal && s.Logs.MaxSize > s.Logs.MaxTotal/2 {
			d.wrong(size, key+".max_size", fmt.Sprintf("at most half of max_total, which is %s", s.Logs.MaxTotal), "")
		}
		s.Logs.MaxSize = min(s.Logs.MaxSize, s.Logs.MaxTotal/2)
	}
	p.Logs.MaxSize = min(p.Logs.MaxSize, p.Logs.MaxTotal/2)
}

// logs reports what is too little, of what is written at n.
func (d *decoder) logs(n *node, key string, l Logs) {
	least := func(name string, value, least Bytes) {
		if at := n.get(name); isSize(at) && value < least {
			d.wrong(at, key+"."+name, fmt.Sprintf("at least %s", least), "")
		}
	}
	least("max_size", l.MaxSize, leastLogSize)
	least("max_total", l.MaxTotal, leastLogTotal)
	if at := n.get("max_age"); at != nil && l.MaxAge != 0 && time.Duration(l.MaxAge) < leastLogAge {
		d.wrong(at, key+".max_age", "at least 1m", "")
	}
	total, size := n.get("max_total"), n.get("max_size")
	if isSize(total) && isSize(size) && l.MaxTotal >= leastLogTotal && l.MaxTotal < 2*l.MaxSize {
		d.wrong(total, key+".max_total", fmt.Sprintf("at least twice max_size, which is %s%s", l.MaxSize, elsewhere(size.at, total.at)), "write "+strconv.Quote(strings.ReplaceAll((2*l.MaxSize).String(), " ", "")))
	}
}

// isSize reports whether n is a size that could be read: of what couldn't,
// nothing more is to be said.
func isSize(n *node) bool {
	if n == nil || n.kind != text {
		return false
	}
	b, err := parseBytes(n.raw)
	return err == nil && b != 0
}

// elsewhere is where at is, unless that is the line of here.
func elsewhere(at, here position) string {
	switch {
	case at.file != here.file && at.file != "":
		return fmt.Sprintf(", in %s:%d", filepath.Base(at.file), at.line)
	case at.line != here.line:
		return fmt.Sprintf(", in line %d", at.line)
	}
	return ""
}
