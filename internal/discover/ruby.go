package discover

var rubyNames = []string{}

func ruby(*file) {}

func rubyCalls(invocation) []Ref { return nil }
