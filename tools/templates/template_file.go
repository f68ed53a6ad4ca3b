package main

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// templateFileFunc renders a file as an HCL template with the given variables and every function but itself.
func templateFileFunc(request *Request, all map[string]function.Function) function.Function {
	parameters := []function.Parameter{
		{Name: "path", Type: cty.String},
		{Name: "vars", Type: cty.DynamicPseudoType},
	}
	inner := map[string]function.Function{}
	for name, function := range all {
		inner[name] = function
	}
	inner["templatefile"] = function.New(&function.Spec{
		Params: parameters,
		Type: func([]cty.Value) (cty.Type, error) {
			return cty.NilType, errors.New("a template that templatefile renders cannot call templatefile")
		},
	})
	render := func(values []cty.Value) (cty.Value, error) {
		name := values[0].AsString()
		content, err := readFile(request, name)
		if errors.Is(err, errAsked) {
			return cty.DynamicVal, nil
		}
		if err != nil {
			return cty.DynamicVal, function.NewArgError(0, err)
		}
		expression, diagnostics := hclsyntax.ParseTemplate([]byte(content), name, hcl.InitialPos)
		if diagnostics.HasErrors() {
			return cty.DynamicVal, diagnostics
		}
		kind := values[1].Type()
		if !kind.IsMapType() && !kind.IsObjectType() {
			return cty.DynamicVal, function.NewArgErrorf(1, "must be a map or an object")
		}
		context := &hcl.EvalContext{Functions: inner, Variables: values[1].AsValueMap()}
		for _, variable := range sortedKeys(context.Variables) {
			if !hclsyntax.ValidIdentifier(variable) {
				return cty.DynamicVal, function.NewArgErrorf(1, "%q cannot be the name of a variable", variable)
			}
		}
		for _, traversal := range expression.Variables() {
			if _, found := context.Variables[traversal.RootName()]; !found {
				place := traversal.SourceRange()
				return cty.DynamicVal, function.NewArgError(1, fmt.Errorf(
					"has no %q, which %s uses in line %d", traversal.RootName(), name, place.Start.Line))
			}
		}
		value, diagnostics := expression.Value(context)
		if diagnostics.HasErrors() {
			return cty.DynamicVal, diagnostics
		}
		return value, nil
	}
	return function.New(&function.Spec{
		Params: parameters,
		// A template that is one interpolation alone may be of any type: only rendering it tells.
		Type: func(values []cty.Value) (cty.Type, error) {
			if !values[0].IsKnown() || !values[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			value, err := render(values)
			return value.Type(), err
		},
		Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) { return render(values) },
	})
}
