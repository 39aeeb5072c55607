package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder puts a file's values into the exported types and reports what does
// not fit. What is in dst before stays for the keys that are not given.
type decoder struct {
	*problems
	dir      string                  // of the config
	yaml     bool                    // hints are in the words of the file
	schedule func(expr string) error // nil = none is checked
}

// pair writes a key with a text, in braces, in the file's format.
func (d *decoder) pair(key, value string) string {
	if d.yaml {
		return fmt.Sprintf("{ %s: %q }", key, value)
	}
	return fmt.Sprintf("{ %s = %q }", key, value)
}

// setting writes a key with a value that needs no quotes.
func (d *decoder) setting(key, value string) string {
	if d.yaml {
		return key + ": " + value
	}
	return key + " = " + value
}

func (d *decoder) value(n *node, key string, dst reflect.Value, r rule) {
	n = n.typed(dst.Kind())
	switch p := dst.Addr().Interface().(type) {
	case *Command:
		d.command(n, key, p)
	case *Duration:
		d.duration(n, key, p)
	case *Bytes:
		d.amount(n, key, sizeWords, p)
	case *Percent:
		d.amount(n, key, percentWords, p)
	case *[]Service:
		d.services(n, key, p)
	case *[]Dependency:
		d.dependencies(n, key, p)
	case *Healthcheck:
		d.healthcheck(n, key, p)
	case *Action:
		d.action(n, key, p)
	case *map[string]string:
		if r.key == "headers" {
			d.pairs(n, key, p, headers)
		} else {
			d.pairs(n, key, p, variables)
		}
	case *[]string:
		if r.key == "env_file" && n.kind == text {
			n = &node{kind: list, at: n.at, items: []*node{n}}
		}
		d.texts(n, key, p)
		if len(*p) == 0 {
			*p = nil // as if it were not given
		}
	case *string:
		if r.key == "signal" && n.kind == integer {
			d.wrong(n, key, "a signal by name", signalHint(n.raw))
			return
		}
		if r.key == "tcp" && n.kind == integer {
			*p = strconv.FormatInt(n.number, 10)
			return
		}
		if r.key == "http_get" && n.kind == integer {
			d.wrong(n, key, "text", fmt.Sprintf("write %q", "http://localhost:"+n.raw+"/"))
			return
		}
		if s, ok := d.text(n, key); ok {
			*p = s
			d.oneOf(n, key, r.enum, s)
		}
	case *bool:
		if n.kind != boolean {
			d.wrong(n, key, "true or false", boolHint(n))
			return
		}
		*p = n.truth
	case *int:
		d.integer(n, key, p, r)
	case *[]int:
		if n.kind != list {
			hint := ""
			if n.kind == integer {
				hint = "write [" + n.raw + "]"
			}
			d.wrong(n, key, "a list of whole numbers", hint)
			return
		}
		*p = nil
		for _, item := range n.items {
			var one int
			d.value(item, key, reflect.ValueOf(&one).Elem(), r) // a mistake is told, and nothing is loaded
			*p = append(*p, one)
		}
	case *float64:
		if n.kind != integer && n.kind != float {
			d.wrong(n, key, "a number"+r.span(), numberHint(n))
			return
		}
		if d.inRange(n, key, n.float, r) {
			*p = n.float
		}
	default:
		d.table(n, key, dst)
	}
}

func (d *decoder) integer(n *node, key string, dst *int, r rule) {
	if n.kind != integer {
		expected, hint := "a whole number"+r.span(), numberHint(n)
		if r.key == "port" {
			expected += `, or "auto"`
			if hint == "" && n.kind == text && nearest(n.raw, []string{"auto"}) != "" {
				hint = `did you mean "auto"?`
			}
		}
		d.wrong(n, key, expected, hint)
		return
	}
	if n.auto && n.number == 0 {
		return // nobody has chosen it yet
	}
	if d.inRange(n, key, float64(n.number), r) {
		*dst = int(n.number)
	}
}

// section is how a service begins.
func (d *decoder) section() string {
	if d.yaml {
		return "services: NAME:"
	}
	return "[services.NAME]"
}

// table fills a struct.
func (d *decoder) table(n *node, key string, dst reflect.Value) {
	rs := rules(dst.Type())
	if n.kind != table {
		d.wrong(n, key, "a table", d.tableHint(n, rs))
		return
	}
	for _, f := range n.fields {
		path := join(key, f.key)
		i := slices.IndexFunc(rs, func(r rule) bool { return r.key == f.key })
		if i < 0 {
			d.add(f.at, path, "unknown key", d.meant(f, dst.Type(), key))
			continue
		}
		d.value(f.value, path, dst.Field(rs[i].index), rs[i])
	}
}

// meant is the hint for an unknown key.
func (d *decoder) meant(f field, t reflect.Type, parent string) string {
	if k := meantKey(f.key, t); k != "" {
		return "did you mean " + k + "?"
	}
	// A key of a table further down: max_restarts beside command.
	for _, r := range rules(t) {
		if ft := t.Field(r.index).Type; ft.Kind() == reflect.Struct && ft != reflect.TypeFor[Command]() {
			if k := nearKey(f.key, rules(ft)); k != "" {
				return "did you mean " + r.key + "." + k + "?"
			}
		}
	}
	if parent == "" && f.value.kind == table && f.value.get("command") != nil {
		return "did you mean services." + f.key + "?"
	}
	if parent == "" && meantKey(f.key, reflect.TypeFor[Service]()) != "" {
		return "it is a service's key: write it below " + d.section()
	}
	var known []string
	for _, r := range rules(t) {
		known = append(known, r.key)
	}
	return "known are " + strings.Join(known, ", ")
}

func meantKey(key string, t reflect.Type) string {
	rs := rules(t)
	for _, r := range rs {
		if slices.ContainsFunc(r.also, func(a string) bool { return fold(a) == fold(key) }) {
			return r.key
		}
	}
	return nearKey(key, rs)
}

func nearKey(key string, rs []rule) string {
	keys := make([]string, len(rs))
	for i, r := range rs {
		if r.key == key {
			return key
		}
		keys[i] = r.key
	}
	return nearest(key, keys)
}

func (d *decoder) wrong(n *node, key, expected, hint string) {
	d.add(n.at, key, "expected "+expected+", found "+n.describe(), hint)
}

func (d *decoder) text(n *node, key string) (string, bool) {
	if n.kind != text {
		hint := ""
		if n.kind == integer || n.kind == float || n.kind == boolean {
			hint = fmt.Sprintf("write %q", n.raw)
		}
		d.wrong(n, key, "text", hint)
		return "", false
	}
	if strings.ContainsRune(n.raw, 0) {
		d.add(n.at, key, "the text has a NUL character in it", "")
		return "", false
	}
	return n.raw, true
}

func (d *decoder) texts(n *node, key string, dst *[]string) {
	if n.kind != list {
		hint := ""
		if n.kind == text {
			hint = fmt.Sprintf("write [%q]", n.raw)
		}
		d.wrong(n, key, "a list of texts", hint)
		return
	}
	out := make([]string, 0, len(n.items))
	for _, item := range n.items {
		if s, ok := d.text(item, key); ok {
			out = append(out, s)
		}
	}
	*dst = out
}

// paired is what a table of texts is of.
type paired struct {
	one, many, sample string
	bad               func(name string) bool
}

var (
	variables = paired{"variable", "variables", "NAME", func(name string) bool {
		return name == "" || strings.ContainsAny(name, "=\x00")
	}}
	headers = paired{"header", "headers", "Name", func(name string) bool {
		return name == "" || strings.ContainsFunc(name, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
		})
	}}
)

// pairs takes numbers and booleans too, as they are written: what is passed on
// is text anyhow.
func (d *decoder) pairs(n *node, key string, dst *map[string]string, of paired) {
	if n.kind != table {
		hint := ""
		if n.kind == list {
			hint = "write " + d.pair(of.sample, "value")
		}
		d.wrong(n, key, "a table of "+of.many, hint)
		return
	}
	texts := make(map[string]string, len(n.fields))
	for _, f := range n.fields {
		path := join(key, f.key)
		if of.bad(f.key) {
			d.add(f.at, path, fmt.Sprintf("no %s can be called %q", of.one, f.key), "")
			continue
		}
		switch v := f.value; v.kind {
		case integer, float, boolean, moment:
			texts[f.key] = v.raw
		default:
			s, ok := d.text(v, path)
			if ok && of.one == headers.one && strings.ContainsAny(s, "\r\n") {
				d.add(v.at, path, "a header's value is one line", "")
				continue
			}
			if ok {
				texts[f.key] = s
			}
		}
	}
	if len(texts) > 0 {
		*dst = texts
	}
}

func (d *decoder) command(n *node, key string, dst *Command) {
	var c Command
	var err error
	switch n.kind {
	case text:
		c, err = ParseCommand(n.raw)
	case list:
		before := len(d.list)
		var argv []string
		d.texts(n, key, &argv)
		if len(d.list) > before {
			return
		}
		c, err = listCommand(argv)
	default:
		d.wrong(n, key, "a text or a list of texts", "")
		return
	}
	if err != nil {
		d.add(n.at, key, err.Error(), hintOf(err))
		return
	}
	*dst = c
}

func (d *decoder) duration(n *node, key string, dst *Duration) {
	if n.kind != text {
		hint := ""
		if n.kind == integer || n.kind == float {
			hint = fmt.Sprintf("write %q", n.raw+"s")
		}
		d.wrong(n, key, `a duration such as "5s"`, hint)
		return
	}
	s, ok := d.text(n, key)
	if !ok {
		return
	}
	v, err := parseDuration(s)
	if err != nil {
		d.add(n.at, key, err.Error(), hintOf(err))
		return
	}
	*dst = Duration(v)
}

func (d *decoder) services(n *node, key string, dst *[]Service) {
	if n.kind != table {
		d.wrong(n, key, "a table of services", "write "+d.section())
		return
	}
	for _, f := range n.fields {
		path := join(key, f.key)
		if err := ValidName(f.key); err != nil {
			d.add(f.at, path, err.Error(), hintOf(err))
		}
		s := newService(f.key, d.dir)
		switch f.value.kind {
		case table:
			d.table(f.value, path, reflect.ValueOf(&s).Elem())
		case text:
			d.wrong(f.value, path, "a table", "write "+d.pair("command", f.value.raw))
		default:
			d.wrong(f.value, path, "a table", "")
		}
		*dst = append(*dst, s)
	}
}

// conditions of a dependency, the default first.
var conditions = []string{Ready, Started, Completed}

// dependencies are a list of names, or a table of names and conditions. What is
// given again says nothing new.
func (d *decoder) dependencies(n *node, key string, dst *[]Dependency) {
	*dst = nil
	switch n.kind {
	case list:
		for _, item := range n.items {
			if item.kind == table {
				d.wrong(item, key, "the name of a service", "write "+d.pair("NAME", Ready)+" without the list, to say how far it must have come")
				continue
			}
			name, ok := d.text(item, key)
			if ok && !slices.ContainsFunc(*dst, func(on Dependency) bool { return on.Service == name }) {
				*dst = append(*dst, Dependency{Service: name, Condition: Ready})
			}
		}
	case table:
		for _, f := range n.fields {
			// What is wrong with the condition is no reason to forget the name:
			// it may be wrong too.
			*dst = append(*dst, Dependency{Service: f.key, Condition: d.condition(f.value, f.key, join(key, f.key))})
		}
	default:
		hint := ""
		if n.kind == text {
			hint = fmt.Sprintf("write [%q]", n.raw)
		}
		d.wrong(n, key, "a list of services, or a table of services and conditions", hint)
	}
}

func (d *decoder) condition(n *node, name, key string) string {
	if n.kind == text && slices.Contains(conditions, n.raw) {
		return n.raw
	}
	written := n
	if c := n.get("condition"); c != nil {
		written = c
	}
	meant := Ready
	if written.kind == text {
		if meant = meantCondition(written.raw); meant == "" {
			meant = nearest(written.raw, conditions)
		}
	}
	hint := ""
	if meant != "" {
		hint = "write " + d.pair(join("", name), meant)
	}
	d.wrong(n, key, "one of "+strings.Join(conditions, ", "), hint)
	return Ready
}

// meantCondition knows what others call a condition; "" for what nobody does.
func meantCondition(s string) string {
	switch s {
	case Started, "service_started", "process_started", "running":
		return Started
	case Ready, "service_healthy", "process_healthy", "process_log_ready", "healthy":
		return Ready
	case Completed, "service_completed_successfully", "process_completed_successfully", "process_completed", "done", "finished", "exited", "success":
		return Completed
	}
	return ""
}

func (d *decoder) oneOf(n *node, key string, enum []string, s string) {
	if len(enum) == 0 || slices.Contains(enum, s) {
		return
	}
	hint := ""
	if near := nearest(s, enum); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.wrong(n, key, "one of "+strings.Join(enum, ", "), hint)
}

func (d *decoder) inRange(n *node, key string, v float64, r rule) bool {
	// Written so that NaN is out of every range.
	if (r.min == nil || v >= *r.min) && (r.max == nil || v <= *r.max) {
		return true
	}
	d.wrong(n, key, "a number"+r.span(), "")
	return false
}

func numberHint(n *node) string {
	if _, err := strconv.ParseFloat(n.raw, 64); n.kind == text && err == nil {
		return "write " + n.raw + " without quotes"
	}
	return ""
}

func boolHint(n *node) string {
	if n.kind != text {
		return ""
	}
	switch strings.ToLower(n.raw) {
	case "true", "yes", "on":
		return "write true without quotes"
	case "false", "no", "off":
		return "write false without quotes"
	}
	return ""
}

// tableHint shows how a single word is written as a table: restart = "always".
func (d *decoder) tableHint(n *node, rs []rule) string {
	if n.kind == text && len(rs) > 0 {
		return "write " + d.pair(rs[0].key, n.raw)
	}
	return ""
}

func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ". \t\n\"'") {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// hintOf is the next step that an error knows.
func hintOf(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok {
		return h.Hint()
	}
	return ""
}
