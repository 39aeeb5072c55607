package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// rule is what a field's tags say about a key.
type rule struct {
	index    int // of the field in its struct
	key      string
	also     []string // what others call it
	required bool
	enum     []string
	min, max *float64
}

// rules of a struct type, read from its tags once.
func rules(t reflect.Type) []rule {
	if r, ok := ruleCache.Load(t); ok {
		return r.([]rule)
	}
	var rs []rule
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		r := rule{index: i, key: tag.Get("key")}
		if r.key == "" || r.key == "-" {
			continue
		}
		if also := tag.Get("also"); also != "" {
			r.also = strings.Split(also, ",")
		}
		for part := range strings.SplitSeq(tag.Get("jsonschema"), ",") {
			name, value, _ := strings.Cut(part, "=")
			switch name {
			case "required":
				r.required = true
			case "enum":
				r.enum = append(r.enum, value)
			case "minimum":
				r.min = limit(value)
			case "maximum":
				r.max = limit(value)
			}
		}
		rs = append(rs, r)
	}
	ruleCache.Store(t, rs)
	return rs
}

var ruleCache sync.Map // reflect.Type -> []rule

func limit(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

func (r rule) span() string {
	if r.min == nil || r.max == nil {
		return ""
	}
	return fmt.Sprintf(" from %v to %v", int64(*r.min), int64(*r.max))
}
