package discover

var miseNames = []string{}

func mise(*file) {}

func miseCalls(invocation) []Ref { return nil }
