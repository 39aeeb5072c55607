package discover

var phpNames = []string{}

func php(*file) {}

func phpCalls(invocation) []Ref { return nil }
