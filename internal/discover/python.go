package discover

var pythonNames = []string{}

func python(*file) {}

func pythonCalls(invocation) []Ref { return nil }
