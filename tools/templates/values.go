package main

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// sensitive marks a value of HCL, and whatever is computed from it.
type mark string

const sensitive = mark("sensitive")

// Keys by which the answer tells a secret, or a value that only a running build has, from plain data.
const (
	sensitiveKey = "$sensitive"
	laterKey     = "$later"
	objectKey    = "$object" // an object of the template that has one of these keys itself
)

// encoder turns a value of HCL into JSON; what is not known yet becomes {"$later": [references]}.
type encoder struct {
	references []string
	render     func(text string) string // what {{…}} of a string says, where it is said; nil for none
}

func (e encoder) encode(value cty.Value) any {
	if value.IsMarked() {
		inner, _ := value.UnmarkDeep()
		return map[string]any{sensitiveKey: e.encode(inner)}
	}
	if !value.IsKnown() {
		return map[string]any{laterKey: e.references}
	}
	if value.IsNull() {
		return nil
	}
	kind := value.Type()
	switch {
	case kind == cty.String:
		if e.render != nil {
			return e.render(value.AsString())
		}
		return value.AsString()
	case kind == cty.Bool:
		return value.True()
	case kind == cty.Number:
		return number(value.AsBigFloat())
	case kind.IsMapType() || kind.IsObjectType():
		object := map[string]any{}
		for it := value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			object[key.AsString()] = e.encode(element)
		}
		return escaped(object)
	case kind.IsListType() || kind.IsSetType() || kind.IsTupleType():
		list := []any{}
		for it := value.ElementIterator(); it.Next(); {
			_, element := it.Element()
			list = append(list, e.encode(element))
		}
		return list
	}
	return kind.FriendlyName()
}

func escaped(object map[string]any) map[string]any {
	for key := range object {
		if strings.HasPrefix(key, "$") {
			return map[string]any{objectKey: object}
		}
	}
	return object
}

func number(value *big.Float) json.Number {
	if value.IsInt() {
		return json.Number(value.Text('f', 0))
	}
	return json.Number(value.Text('g', 17))
}

// decode turns JSON that the host gave into a value of HCL.
func decode(value any) cty.Value {
	switch v := value.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType)
	case bool:
		return cty.BoolVal(v)
	case string:
		return cty.StringVal(v)
	case float64:
		return cty.NumberFloatVal(v)
	case []any:
		values := []cty.Value{}
		for _, element := range v {
			values = append(values, decode(element))
		}
		return cty.TupleVal(values)
	case map[string]any:
		values := map[string]cty.Value{}
		for key, element := range v {
			values[key] = decode(element)
		}
		return cty.ObjectVal(values)
	}
	return cty.DynamicVal
}

// strings of a list that says which builds, sources or names are meant; ok is false where it is none.
func stringList(value cty.Value) (list []string, ok bool) {
	value, _ = value.UnmarkDeep()
	if value.IsNull() {
		return nil, true
	}
	if !value.CanIterateElements() || !value.IsWhollyKnown() {
		return nil, false
	}
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.IsNull() || element.Type() != cty.String {
			return nil, false
		}
		list = append(list, element.AsString())
	}
	return list, true
}
