package discover

var golangNames = []string{}

func golang(*file) {}

func golangCalls(invocation) []Ref { return nil }
