package discover

var composeNames = []string{}

func compose(*file) {}

func composeCalls(invocation) []Ref { return nil }
