package config

// hooks checks what the types of their values don't.
func (c serviceCheck) hooks() {
	n := c.n.get("hooks")
	if n == nil || n.kind != table {
		return
	}
	c.key += ".hooks"
	if v := n.get("on_ready"); v != nil && c.s.Task {
		c.add(v.at, c.key+".on_ready", "a task is never ready", "use on_exit")
	}
	if v := n.get("timeout"); v != nil && c.s.Hooks.Timeout == 0 && v.kind == text {
		c.wrong(v, c.key+".timeout", "more than 0", "")
	}
}
