package main

import (
	"fmt"
	"sort"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

type inputVariable struct {
	name        string
	description string
	kind        cty.Type
	defaults    *typeexpr.Defaults
	sensitive   bool
	value       cty.Value
	set         bool
	required    bool
	from        string
	at          hcl.Range // of the value that counts
	declared    hcl.Range
	validations []validation
}

type validation struct {
	condition hcl.Expression
	message   string
	at        hcl.Range
}

var variableSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "description"}, {Name: "default"}, {Name: "type"}, {Name: "sensitive"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
}

var validationSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "error_message", Required: true}},
}

// Defaults may read the environment, and nothing else.
func (c *config) defaultContext() *hcl.EvalContext {
	return &hcl.EvalContext{Functions: map[string]function.Function{"env": envFunc(c.request)}}
}

func (c *config) declare(variable *inputVariable) bool {
	if before, found := c.variables[variable.name]; found {
		c.fail(wrong("Duplicate variable", fmt.Sprintf("%q is declared at %s already.", variable.name, before.declared),
			variable.declared))
		return false
	}
	c.variables[variable.name] = variable
	c.order = append(c.order, variable.name)
	return true
}

// readVariables reads a `variables` block: names with defaults, each of its default's type.
func (c *config) readVariables(block *hcl.Block) {
	attributes, problems := block.Body.JustAttributes()
	c.fail(problems...)
	for _, attribute := range inOrder(attributes) {
		value, problems := attribute.Expr.Value(c.defaultContext())
		c.fail(problems...)
		c.declare(&inputVariable{
			name: attribute.Name, kind: value.Type(), value: value, set: true, from: "default",
			at: attribute.Expr.Range(), declared: attribute.NameRange,
		})
	}
}

func (c *config) readVariable(block *hcl.Block) {
	variable := &inputVariable{name: block.Labels[0], kind: cty.DynamicPseudoType, declared: block.DefRange, required: true}
	if !c.declare(variable) {
		return
	}
	variable.value = cty.DynamicVal
	if !hclsyntax.ValidIdentifier(variable.name) {
		c.fail(wrong("Invalid variable name", fmt.Sprintf(
			"%q: a name starts with a letter or underscore and has letters, digits, underscores and dashes alone.",
			variable.name), block.LabelRanges[0]))
	}
	content, problems := block.Body.Content(variableSchema)
	c.fail(problems...)
	if attribute, found := content.Attributes["description"]; found {
		variable.description = c.text(attribute)
	}
	if attribute, found := content.Attributes["sensitive"]; found {
		variable.sensitive = c.truth(attribute)
	}
	if attribute, found := content.Attributes["type"]; found {
		kind, defaults, problems := typeexpr.TypeConstraintWithDefaults(attribute.Expr)
		c.fail(problems...)
		variable.set = problems.HasErrors() // one mistake is told, and not that there is no value too
		if !problems.HasErrors() {
			variable.kind, variable.defaults = kind, defaults
		}
	}
	if attribute, found := content.Attributes["default"]; found {
		variable.required = false
		if variable.sensitive {
			c.hidden = append(c.hidden, attribute.Expr.Range())
		}
		value, problems := attribute.Expr.Value(c.defaultContext())
		c.fail(problems...)
		variable.set = true // a default that is wrong is told once, not as one that is missing too
		if !problems.HasErrors() {
			c.take(variable, value, "default", attribute.Expr.Range())
		}
		// Without a type, a value is of the default's type.
		if variable.kind == cty.DynamicPseudoType && !value.IsNull() &&
			!value.Type().Equals(cty.EmptyObject) && !value.Type().Equals(cty.EmptyTuple) {
			variable.kind = value.Type()
		}
	}
	for _, inner := range content.Blocks {
		c.readValidation(variable, inner)
	}
}

func (c *config) readValidation(variable *inputVariable, block *hcl.Block) {
	content, problems := block.Body.Content(validationSchema)
	c.fail(problems...)
	condition, message := content.Attributes["condition"], content.Attributes["error_message"]
	if condition == nil || message == nil {
		return
	}
	own := false
	for _, traversal := range condition.Expr.Variables() {
		if traversal.RootName() == "var" && len(traversal) > 1 {
			if step, is := traversal[1].(hcl.TraverseAttr); is && step.Name == variable.name {
				own = true
				continue
			}
		}
		c.fail(wrong("Invalid reference in a validation",
			fmt.Sprintf("The condition may read var.%s alone.", variable.name), traversal.SourceRange()))
		return
	}
	if !own {
		c.fail(wrong("Invalid validation", fmt.Sprintf("The condition does not read var.%s.", variable.name),
			condition.Expr.Range()))
		return
	}
	text := c.text(message)
	runes := []rune(strings.TrimSpace(text))
	if len(runes) == 0 || (unicode.IsLetter(runes[0]) && unicode.IsLower(runes[0])) ||
		!strings.ContainsRune(".?!", runes[len(runes)-1]) {
		c.fail(wrong("Invalid error_message",
			"It must be a sentence: a capital letter first, and . ? or ! at its end.", message.Expr.Range()))
		return
	}
	variable.validations = append(variable.validations, validation{condition.Expr, text, block.DefRange})
}

func (c *config) take(variable *inputVariable, value cty.Value, from string, at hcl.Range) {
	if variable.defaults != nil && !value.IsNull() {
		value = variable.defaults.Apply(value)
	}
	converted, err := convert.Convert(value, variable.kind)
	if err != nil {
		c.fail(wrong("Invalid value for a variable",
			fmt.Sprintf("var.%s is not of its type %s: %s.", variable.name, typeexpr.TypeString(variable.kind), err), at))
		converted = cty.UnknownVal(variable.kind)
	}
	variable.value, variable.from, variable.at, variable.set = converted, from, at, true
}

// assign gives variables their values, the last one counts: environment, files, command line.
func (c *config) assign(files []*hcl.File) {
	for _, key := range sortedKeys(c.request.Environment) {
		name := strings.TrimPrefix(key, "PKR_VAR_")
		if variable, found := c.variables[name]; found && name != key {
			c.assignText(variable, c.request.Environment[key], "env", key)
		}
	}
	for _, file := range files {
		content, _, _ := file.Body.PartialContent(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "variable", LabelNames: []string{"name"}}},
		})
		if len(content.Blocks) > 0 {
			for _, block := range content.Blocks {
				c.fail(wrong("A variable is declared in a file of values", fmt.Sprintf(
					"Declare %q in a file whose name ends with .pkr.hcl; here write its value: %s = …",
					block.Labels[0], block.Labels[0]), block.DefRange))
			}
			continue
		}
		attributes, problems := file.Body.JustAttributes()
		c.fail(problems...)
		for _, attribute := range inOrder(attributes) {
			variable, found := c.variables[attribute.Name]
			if !found {
				at := attribute.NameRange
				c.fail(&hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Undefined variable", Subject: &at,
					Detail: fmt.Sprintf("No variable %q is declared in the template.", attribute.Name)})
				c.hidden = append(c.hidden, attribute.Range) // it may be a secret of another template
				continue
			}
			if variable.sensitive {
				c.hidden = append(c.hidden, attribute.Range)
			}
			value, problems := attribute.Expr.Value(nil)
			c.fail(problems...)
			if problems.HasErrors() {
				variable.set = true
				continue
			}
			c.take(variable, value, "varfile", attribute.Expr.Range())
		}
	}
	for _, name := range sortedKeys(c.request.Variables) {
		variable, found := c.variables[name]
		if !found {
			c.fail(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Undefined -var variable", Detail: fmt.Sprintf(
				"A value is given for %q, which the template does not declare. Declared: %s.",
				name, strings.Join(c.order, ", "))})
			continue
		}
		c.assignText(variable, c.request.Variables[name], "cmd", "-var "+name)
	}
}

// assignText reads a value of the environment or the command line: as it stands for a string, a number or no type;
// as an expression for anything else.
func (c *config) assignText(variable *inputVariable, text, from, origin string) {
	at := hcl.Range{Filename: origin, Start: hcl.InitialPos, End: hcl.InitialPos}
	variable.set = true
	switch variable.kind {
	case cty.String, cty.Number, cty.DynamicPseudoType:
		c.take(variable, cty.StringVal(text), from, at)
		return
	}
	expression, problems := hclsyntax.ParseExpression([]byte(text), origin, hcl.InitialPos)
	c.fail(problems...)
	if problems.HasErrors() {
		return
	}
	value, problems := expression.Value(nil)
	c.fail(problems...)
	if !problems.HasErrors() {
		c.take(variable, value, from, at)
	}
}

// checkVariables says which have no value, runs the validations, and marks what is sensitive.
func (c *config) checkVariables() {
	for _, name := range c.order {
		variable := c.variables[name]
		if !variable.set {
			c.fail(wrong(fmt.Sprintf("Unset variable %q", name),
				fmt.Sprintf("Give it by -var %s=…, a var-file or PKR_VAR_%s, or a default where it is declared.", name, name),
				variable.declared))
		}
		for _, rule := range variable.validations {
			c.validate(variable, rule)
		}
		if variable.sensitive {
			variable.value = variable.value.Mark(sensitive)
		}
	}
}

func (c *config) validate(variable *inputVariable, rule validation) {
	result, problems := rule.condition.Value(&hcl.EvalContext{
		Functions: c.functions,
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{variable.name: variable.value})},
	})
	c.fail(problems...)
	if problems.HasErrors() || !result.IsKnown() {
		return
	}
	truth, err := convert.Convert(result, cty.Bool)
	if err != nil || truth.IsNull() {
		c.fail(wrong("Invalid validation", "The condition must be true or false.", rule.condition.Range()))
		return
	}
	if truth.False() {
		c.fail(wrong(fmt.Sprintf("Invalid value for var.%s", variable.name),
			fmt.Sprintf("%s (The rule stands at %s.)", rule.message, rule.at), variable.at))
	}
}

func (c *config) text(attribute *hcl.Attribute) string {
	value, problems := attribute.Expr.Value(nil)
	c.fail(problems...)
	if problems.HasErrors() {
		return ""
	}
	if value.IsNull() || value.Type() != cty.String || !value.IsKnown() {
		c.fail(wrong("Unsuitable value", attribute.Name+" must be a string.", attribute.Expr.Range()))
		return ""
	}
	return value.AsString()
}

func (c *config) truth(attribute *hcl.Attribute) bool {
	value, problems := attribute.Expr.Value(nil)
	c.fail(problems...)
	truth, err := convert.Convert(value, cty.Bool)
	if problems.HasErrors() {
		return true
	}
	if err != nil || truth.IsNull() || !truth.IsKnown() {
		c.fail(wrong("Unsuitable value", attribute.Name+" must be true or false.", attribute.Expr.Range()))
		return true // when in doubt, a secret
	}
	return truth.True()
}

// inOrder are attributes as they stand in their file.
func inOrder(attributes hcl.Attributes) []*hcl.Attribute {
	list := make([]*hcl.Attribute, 0, len(attributes))
	for _, attribute := range attributes {
		list = append(list, attribute)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Range.Start.Byte < list[j].Range.Start.Byte })
	return list
}

func (c *config) answerVariables() {
	for _, name := range c.order {
		v := c.variables[name]
		value := v.value
		c.answer.Variables = append(c.answer.Variables, Variable{
			Name: name, Value: encoder{}.encode(value), Sensitive: v.sensitive, Required: v.required,
			Description: v.description, Type: typeexpr.TypeString(v.kind), From: v.from, Place: placed(v.declared),
		})
	}
	for _, name := range sortedKeys(c.locals) {
		l := c.locals[name]
		c.answer.Locals = append(c.answer.Locals, Variable{
			Name: name, Value: encoder{references: references(l.expression)}.encode(l.value),
			Sensitive: l.value.ContainsMarked(), From: "default", Place: placed(l.at),
		})
	}
}
