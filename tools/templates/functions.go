package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar"
	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/hashicorp/go-cty-funcs/collection"
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/hashicorp/go-cty-funcs/uuid"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/jehiah/go-strftime"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/encoding/ianaindex"
)

// refused are functions that ask a service for a secret. They are named, so that nobody takes them for a mistyped one.
var refused = map[string]string{
	"vault":              "HashiCorp Vault",
	"consul_key":         "Consul",
	"aws_secretsmanager": "AWS Secrets Manager",
}

func refusal(name string) error {
	return fmt.Errorf(
		"%s asks %s, which this reader does not do; give the value as a variable (-var, PKR_VAR_…, a Pulumi secret)",
		name, refused[name],
	)
}

// functions are those that Packer documents for HCL2.
func functions(request *Request) map[string]function.Function {
	all := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
		"signum": stdlib.SignumFunc,

		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "replace": stdlib.ReplaceFunc,
		"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "regex_replace": stdlib.RegexReplaceFunc,
		"split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc,
		"title": stdlib.TitleFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,

		"chunklist": stdlib.ChunklistFunc, "coalesce": collection.CoalesceFunc,
		"coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc,
		"contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
		"flatten": stdlib.FlattenFunc, "index": indexFunc, "keys": stdlib.KeysFunc, "length": lengthFunc,
		"lookup": stdlib.LookupFunc, "merge": stdlib.MergeFunc, "range": stdlib.RangeFunc,
		"reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": stdlib.SetProductFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc,
		"sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

		"base64decode": encoding.Base64DecodeFunc, "base64encode": encoding.Base64EncodeFunc,
		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"textdecodebase64": textDecodeFunc, "textencodebase64": textEncodeFunc, "urlencode": encoding.URLEncodeFunc,
		"yamldecode": ctyyaml.YAMLDecodeFunc, "yamlencode": ctyyaml.YAMLEncodeFunc,

		"bcrypt": crypto.BcryptFunc, "md5": crypto.Md5Func, "rsadecrypt": crypto.RsaDecryptFunc,
		"sha1": crypto.Sha1Func, "sha256": crypto.Sha256Func, "sha512": crypto.Sha512Func,
		"uuidv4": uuid.V4Func, "uuidv5": uuid.V5Func,

		"cidrhost": cidr.HostFunc, "cidrnetmask": cidr.NetmaskFunc, "cidrsubnet": cidr.SubnetFunc,
		"cidrsubnets": cidr.SubnetsFunc,

		"can": tryfunc.CanFunc, "convert": typeexpr.ConvertFunc, "try": tryfunc.TryFunc,
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
	}
	text := func(run func(arguments []string) (string, error), names ...string) function.Function {
		return stringFunc(names, run)
	}
	all["basename"] = text(func(a []string) (string, error) { return path.Base(slashed(a[0])), nil }, "path")
	all["dirname"] = text(func(a []string) (string, error) { return path.Dir(slashed(a[0])), nil }, "path")
	all["pathexpand"] = text(func(a []string) (string, error) { return request.expanded(a[0]), nil }, "path")
	all["abspath"] = text(func(a []string) (string, error) {
		if path.IsAbs(a[0]) {
			return path.Clean(a[0]), nil
		}
		return path.Join(request.Cwd, a[0]), nil
	}, "path")
	all["timestamp"] = text(func([]string) (string, error) { return request.Now.Format(time.RFC3339), nil })
	all["legacy_isotime"] = timeFunc(request, func(format string) string { return request.Now.Format(format) })
	all["legacy_strftime"] = timeFunc(request, func(format string) string { return strftime.Format(format, request.Now) })
	all["file"] = text(func(a []string) (string, error) { return readFile(request, a[0]) }, "path")
	all["fileexists"] = fileExistsFunc(request)
	all["fileset"] = fileSetFunc(request)
	for name := range refused {
		name := name
		all[name] = function.New(&function.Spec{
			VarParam: &function.Parameter{Name: "arguments", Type: cty.DynamicPseudoType, AllowNull: true},
			Type:     func([]cty.Value) (cty.Type, error) { return cty.String, refusal(name) },
		})
	}
	all["templatefile"] = templateFileFunc(request, all)
	return all
}

var errAsked = errors.New("asked for") // the host is to answer first; the whole round is thrown away

func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// stringFunc is a function of strings that answers a string.
func stringFunc(names []string, run func([]string) (string, error)) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(cty.String)}
	for _, name := range names {
		spec.Params = append(spec.Params, function.Parameter{Name: name, Type: cty.String})
	}
	spec.Impl = func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		arguments := []string{}
		for _, value := range values {
			arguments = append(arguments, value.AsString())
		}
		text, err := run(arguments)
		if errors.Is(err, errAsked) {
			return cty.UnknownVal(cty.String), nil
		}
		return cty.StringVal(text), err
	}
	return function.New(spec)
}

func envFunc(request *Request) function.Function {
	return stringFunc([]string{"key"}, func(a []string) (string, error) {
		known, found := request.ask("env", a[0])
		if !found {
			return "", errAsked
		}
		return known.Text, nil
	})
}

func timeFunc(request *Request, format func(string) string) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "format", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
			switch len(values) {
			case 0:
				return cty.StringVal(request.Now.Format(time.RFC3339)), nil
			case 1:
				return cty.StringVal(format(values[0].AsString())), nil
			}
			return cty.NilVal, errors.New("takes one format, or none")
		},
	})
}

func readFile(request *Request, name string) (string, error) {
	known, found := request.ask("file", request.absolute(name))
	if !found {
		return "", errAsked
	}
	if known.Error != "" {
		return "", errors.New(known.Error)
	}
	content := known.bytes()
	if !utf8.Valid(content) {
		return "", fmt.Errorf("contents of %s are not valid UTF-8", name)
	}
	return string(content), nil
}

func fileExistsFunc(request *Request) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
			known, found := request.ask("exists", request.absolute(values[0].AsString()))
			if !found {
				return cty.UnknownVal(cty.Bool), nil
			}
			if known.Error != "" {
				return cty.NilVal, errors.New(known.Error)
			}
			return cty.BoolVal(known.Found), nil
		},
	})
}

func fileSetFunc(request *Request) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(values []cty.Value, kind cty.Type) (cty.Value, error) {
			pattern := values[1].AsString()
			if _, err := doublestar.Match(pattern, ""); err != nil {
				return cty.NilVal, function.NewArgErrorf(1, "%s is not a pattern: %s", pattern, err)
			}
			known, found := request.ask("list", request.absolute(values[0].AsString()))
			if !found {
				return cty.UnknownVal(kind), nil
			}
			if known.Error != "" {
				return cty.NilVal, errors.New(known.Error)
			}
			matches := []cty.Value{}
			for _, name := range known.Names {
				if ok, _ := doublestar.Match(path.Clean(pattern), name); ok {
					matches = append(matches, cty.StringVal(name))
				}
			}
			if len(matches) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(matches), nil
		},
	})
}

var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		list, wanted := values[0], values[1]
		if !list.Type().IsListType() && !list.Type().IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "must be a list")
		}
		for it := list.ElementIterator(); it.Next(); {
			position, element := it.Element()
			same, err := stdlib.Equal(element, wanted)
			if err != nil {
				return cty.NilVal, err
			}
			if !same.IsKnown() {
				return cty.UnknownVal(cty.Number), nil
			}
			if same.True() {
				return position, nil
			}
		}
		return cty.NilVal, errors.New("the list has no such element")
	},
})

var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		value := values[0]
		kind := value.Type()
		switch {
		case kind == cty.String:
			return stdlib.Strlen(value)
		case kind.IsTupleType():
			return cty.NumberIntVal(int64(len(kind.TupleElementTypes()))), nil
		case kind.IsObjectType():
			return cty.NumberIntVal(int64(len(kind.AttributeTypes()))), nil
		case kind.IsCollectionType():
			return value.Length(), nil
		}
		return cty.NilVal, function.NewArgErrorf(0, "must be a string, a list, a set, a map or an object")
	},
})

var textEncodeFunc = stringFunc([]string{"string", "encoding"}, func(a []string) (string, error) {
	charset, err := ianaindex.IANA.Encoding(a[1])
	if err != nil || charset == nil {
		return "", function.NewArgErrorf(1, "%q is no encoding of IANA's list that is known here", a[1])
	}
	content, err := charset.NewEncoder().Bytes([]byte(a[0]))
	if err != nil {
		return "", function.NewArgErrorf(0, "has characters that %s does not have", a[1])
	}
	return base64.StdEncoding.EncodeToString(content), nil
})

var textDecodeFunc = stringFunc([]string{"source", "encoding"}, func(a []string) (string, error) {
	charset, err := ianaindex.IANA.Encoding(a[1])
	if err != nil || charset == nil {
		return "", function.NewArgErrorf(1, "%q is no encoding of IANA's list that is known here", a[1])
	}
	content, err := base64.StdEncoding.DecodeString(a[0])
	if err != nil {
		return "", function.NewArgErrorf(0, "is not base64: %s", err)
	}
	text, err := charset.NewDecoder().Bytes(content)
	if err != nil || strings.ContainsRune(string(text), utf8.RuneError) {
		return "", function.NewArgErrorf(0, "has bytes that are nothing in %s", a[1])
	}
	return string(text), nil
})

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
