package config

import (
	"fmt"
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
	own := root.get("logs")
	d.logs(own, "logs", p.Logs)
	for i := range p.Services {
		s := &p.Services[i]
		n := root.get("services", s.Name, "logs")
		given := func(key string) bool { return n != nil && n.get(key) != nil }
		if !given("max_size") {
			s.Logs.MaxSize = p.Logs.MaxSize
		}
		if !given("max_age") {
			s.Logs.MaxAge = p.Logs.MaxAge
		}
		if !given("compress") {
			s.Logs.Compress = p.Logs.Compress
		}
		d.logs(n, join("services", s.Name)+".logs", s.Logs)
		s.Logs.MaxTotal = min(s.Logs.MaxTotal, p.Logs.MaxTotal)
		s.Logs.MaxSize = min(s.Logs.MaxSize, s.Logs.MaxTotal/2)
	}
	p.Logs.MaxSize = min(p.Logs.MaxSize, p.Logs.MaxTotal/2)
}

// logs reports what is too little, of what is written at n.
func (d *decoder) logs(n *node, key string, l Logs) {
	if n == nil || n.kind != table {
		return
	}
	least := func(name string, value, least Bytes) {
		if at := n.get(name); at != nil && value != 0 && value < least {
			d.wrong(at, key+"."+name, fmt.Sprintf("at least %s", least), "")
		}
	}
	least("max_size", l.MaxSize, leastLogSize)
	least("max_total", l.MaxTotal, leastLogTotal)
	if at := n.get("max_age"); at != nil && l.MaxAge != 0 && time.Duration(l.MaxAge) < leastLogAge {
		d.wrong(at, key+".max_age", "at least 1m", "")
	}
	total, size := n.get("max_total"), n.get("max_size")
	if total != nil && size != nil && l.MaxSize != 0 && l.MaxTotal >= leastLogTotal && l.MaxTotal < 2*l.MaxSize {
		d.wrong(total, key+".max_total", fmt.Sprintf("at least twice max_size, which is %s", l.MaxSize), "write "+strconv.Quote(strings.ReplaceAll((2*l.MaxSize).String(), " ", "")))
	}
}
