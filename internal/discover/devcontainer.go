package discover

var devcontainerNames = []string{}

func devcontainer(*file) {}
