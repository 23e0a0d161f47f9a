package customers

import (
	"reflect"
	"strings"
)

// Remembers says whether a text can be reached anywhere in a service's memory, by
// walking over all of its fields, maps and pointers. The database and connections
// have goroutines of their own and are left out.
func Remembers(s *Service, text string) bool {
	return reaches(reflect.ValueOf(s), text, map[uintptr]bool{})
}

func reaches(v reflect.Value, text string, seen map[uintptr]bool) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), text)
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return false
		}
		seen[v.Pointer()] = true
		return reaches(v.Elem(), text, seen)
	case reflect.Interface:
		return !v.IsNil() && reaches(v.Elem(), text, seen)
	case reflect.Struct:
		for _, live := range []string{"database/sql", "net/http", "net", "log/slog", "octobridge/bridge/store", "sync"} {
			if v.Type().PkgPath() == live {
				return false
			}
		}
		for i := range v.NumField() {
			if reaches(v.Field(i), text, seen) {
				return true
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if reaches(key, text, seen) || reaches(v.MapIndex(key), text, seen) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if reaches(v.Index(i), text, seen) {
				return true
			}
		}
	}
	return false
}
