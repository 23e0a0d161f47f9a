package config

import (
	"reflect"
	"strings"
	"testing"
)

// TestEveryFieldHasOneRow keeps struct and table together: a field without a row
// could not be set, two rows for one field would fight.
func TestEveryFieldHasOneRow(t *testing.T) {
	config := new(Config)
	rowsOf := map[any]string{}
	for _, k := range table {
		field := k.field(config)
		if other, taken := rowsOf[field]; taken {
			t.Errorf("%s and %s fill the same field", k.path, other)
		}
		rowsOf[field] = k.path
	}
	var walk func(value reflect.Value, name string)
	walk = func(value reflect.Value, name string) {
		if value.Kind() == reflect.Struct && value.Type() != reflect.TypeFor[Secret]() {
			for i := range value.NumField() {
				walk(value.Field(i), name+"."+value.Type().Field(i).Name)
			}
			return
		}
		path, found := rowsOf[value.Addr().Interface()]
		if !found {
			t.Errorf("Config%s has no row in the table", name)
		} else if bare := strings.ReplaceAll(path, "_", ""); !strings.EqualFold("."+bare, name) {
			t.Errorf("Config%s is filled by %s", name, path)
		}
	}
	walk(reflect.ValueOf(config).Elem(), "")
}

func TestEveryDefaultAndExamplePassesItsCheck(t *testing.T) {
	for _, k := range table {
		texts := []string{k.def, k.example}
		if k.list() {
			texts = splitList(k.example)
		}
		for _, text := range texts {
			if f := k.judge(text); text != "" && f != nil {
				t.Errorf("%s: %q %s", k.path, text, f.problem)
			}
		}
		if k.example == "" || k.doc == "" {
			t.Errorf("%s has no example or no documentation", k.path)
		}
		if !isSection(k.section()) && k.section() != "" {
			t.Errorf("%s is in no section", k.path)
		}
	}
}
