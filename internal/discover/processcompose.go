package discover

var processComposeNames = []string{}

func processCompose(*file) {}
