package discover

var pm2Names = []string{}

func pm2(*file) {}
