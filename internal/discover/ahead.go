package discover

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"

	"prox/internal/document"
)

// fewAhead is from how many files on it pays to read them beside one another.
const fewAhead = 32

// readAhead reads and parses files that are going to be asked for one by one,
// and lists their folders, on all cores. Only what is in order is kept: what isn't is read again in its
// turn, and told of then.
func (r *root) readAhead(names []string, format document.Format) {
	if len(names) < fewAhead {
		return
	}
	type result struct {
		data  []byte
		tree  *document.Node
		names map[string]fs.FileMode
	}
	results := make([]result, len(names))
	next := make(chan int)
	var work sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for i := range next {
				fi, err := os.Lstat(r.abs(names[i]))
				if err != nil {
					continue
				}
				data, err := r.readEntry(names[i], fi)
				if err != nil {
					continue
				}
				if tree, err := document.Parse(format, data); err == nil {
					results[i].data, results[i].tree = data, tree
				}
				if names, err := list(r.abs(path.Dir(names[i]))); err == nil {
					results[i].names = names
				}
			}
		})
	}
	for i := range names {
		if r.ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	work.Wait()
	for i, name := range names {
		if results[i].names != nil {
			r.listed[path.Dir(name)] = results[i].names
		}
		if results[i].tree != nil {
			if _, ok := r.kept[name]; !ok {
				r.kept[name], r.trees[name] = results[i].data, results[i].tree
			}
		}
	}
}
