package discover

func packageJSON(*file) {}

func scriptCalls(invocation) []Ref { return nil }
