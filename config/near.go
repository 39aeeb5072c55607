package config

import "strings"

// nearest returns the candidate that s most likely meant, "" if none is near.
// Case, "-" and "_" do not count; of equals the first wins.
func nearest(s string, candidates []string) string {
	plain := fold(s)
	if plain == "" {
		return ""
	}
	best, bestDistance := "", 1+max(1, len([]rune(plain))/3)
	for _, c := range candidates {
		if c == s {
			continue
		}
		// Of two names of one letter none is like the other.
		most := min(bestDistance, max(len(plain), len(fold(c))))
		if d := distance(plain, fold(c), most); d < most {
			best, bestDistance = c, d
		}
	}
	return best
}

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// distance is the number of characters to insert, delete, change or swap with
// their neighbour, to turn a into b; limit if it is limit or more.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d >= limit || -d >= limit {
		return limit
	}
	// A swap looks two rows back.
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return min(above[len(y)], limit)
}
