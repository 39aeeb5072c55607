package doctor

import (
	"fmt"
	"strconv"
)

const (
	// fewFiles is what watchers of files, databases and many connections soon
	// run out of.
	fewFiles = 1024
	// noFiles is what prox itself needs for some dozens of services.
	noFiles = 128
	// fewWatches is less than one project's node_modules may take.
	fewWatches = 16384
	// nearlyFull is a share in percent.
	nearlyFull = 80
)

// OpenFiles checks how many files a process may have open: soft is the limit
// that is in force, hard what it may be raised to. 0 stands for no limit.
func OpenFiles(soft, hard uint64) []Finding {
	const check = "open files"
	text := number(soft) + " for each process"
	if soft == 0 || soft >= fewFiles {
		return []Finding{ok(check, text)}
	}
	fix := []string{fmt.Sprintf("ulimit -n %d in the shell, before prox start", fewFiles*8)}
	if hard != 0 && hard < fewFiles*8 {
		fix = []string{
			fmt.Sprintf("ulimit -n %d in the shell, which is as high as it may go, before prox start", hard),
			"higher: raise the hard limit, nofile in /etc/security/limits.conf or DefaultLimitNOFILE of systemd",
		}
	}
	if soft < noFiles {
		return []Finding{problem(check, text+", which is too few for anything", fix...)}
	}
	return []Finding{warning(check, text+": servers and watchers of files soon need more", fix...)}
}

// Inotify is what Linux lets one user watch, and what is in use already; a
// limit of 0 is not known.
type Inotify struct {
	Watches, Instances         int // the limits
	UsedWatches, UsedInstances int
}

// Watches checks that files can be watched: by `watch` in a config, and by the
// development servers of most languages.
func Watches(i Inotify) []Finding {
	var found []Finding
	one := func(check, key string, limit, used, few int) {
		if limit == 0 {
			return
		}
		text := fmt.Sprintf("%d of %d in use", used, limit)
		fix := fmt.Sprintf("sudo sysctl fs.inotify.%s=%d (to keep it: a line in /etc/sysctl.d/)", key, max(limit*4, few*4))
		switch {
		case used >= limit:
			found = append(found, problem(check, text+": nothing more can be watched", fix))
		case used*100 >= limit*nearlyFull:
			found = append(found, warning(check, text, fix))
		case limit < few:
			found = append(found, warning(check, text+": large projects need more", fix))
		default:
			found = append(found, ok(check, text))
		}
	}
	one("inotify watches", "max_user_watches", i.Watches, i.UsedWatches, fewWatches)
	one("inotify instances", "max_user_instances", i.Instances, i.UsedInstances, 64)
	return found
}

func number(n uint64) string {
	if n == 0 {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}
