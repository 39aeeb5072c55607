package discover

// portsOfDotenv sets ports that .env files name.
func (r *root) portsOfDotenv() {}
