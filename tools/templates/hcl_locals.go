package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

type local struct {
	name       string
	expression hcl.Expression
	sensitive  bool
	value      cty.Value
	done       bool
	at         hcl.Range
}

type dataSource struct {
	kind, name string
	input      *hcl.Attribute
	value      cty.Value
	done       bool
	at         hcl.Range
}

var localSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "expression", Required: true}, {Name: "sensitive"}},
}

func (c *config) declareLocal(block *hcl.Block) {
	content, problems := block.Body.Content(localSchema)
	c.fail(problems...)
	made := &local{name: block.Labels[0], at: block.DefRange}
	if attribute, found := content.Attributes["sensitive"]; found {
		made.sensitive = c.truth(attribute)
	}
	if attribute, found := content.Attributes["expression"]; found {
		made.expression = attribute.Expr
		if made.sensitive {
			c.hidden = append(c.hidden, attribute.Expr.Range())
		}
		c.addLocal(made)
	}
}

func (c *config) declareLocals(block *hcl.Block) {
	attributes, problems := block.Body.JustAttributes()
	c.fail(problems...)
	for _, attribute := range inOrder(attributes) {
		c.addLocal(&local{name: attribute.Name, expression: attribute.Expr, at: attribute.NameRange})
	}
}

func (c *config) addLocal(made *local) {
	if before, found := c.locals[made.name]; found {
		c.fail(wrong("Duplicate local", fmt.Sprintf("local.%s is defined at %s already.", made.name, before.at), made.at))
		return
	}
	made.value = cty.DynamicVal
	c.locals[made.name] = made
}

// declareData notes a data source. Of Packer's own, `null` is read; the others ask a service.
func (c *config) declareData(block *hcl.Block) {
	kind, name := block.Labels[0], block.Labels[1]
	if c.data[kind] == nil {
		c.data[kind] = map[string]*dataSource{}
	}
	if before, found := c.data[kind][name]; found {
		c.fail(wrong("Duplicate data source", fmt.Sprintf("data.%s.%s is defined at %s already.", kind, name, before.at),
			block.DefRange))
		return
	}
	made := &dataSource{kind: kind, name: name, value: cty.DynamicVal, at: block.DefRange}
	c.data[kind][name] = made
	if kind != "null" {
		made.done = true
		c.fail(wrong("Unsupported data source", fmt.Sprintf(
			"data %q asks a service, which is not supported; `null` is. Give what it answers as a variable.", kind),
			block.DefRange))
		return
	}
	content, problems := block.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "input", Required: true}},
	})
	c.fail(problems...)
	made.input = content.Attributes["input"]
}

func (c *config) evaluateLocals() {
	for _, name := range sortedKeys(c.locals) {
		c.evaluateLocal(c.locals[name], nil)
	}
}

func (c *config) evaluateData() {
	for _, kind := range sortedKeys(c.data) {
		for _, name := range sortedKeys(c.data[kind]) {
			c.evaluateSource(c.data[kind][name], nil)
		}
	}
}

func (c *config) evaluateLocal(l *local, under []string) {
	if l.done || !c.descend("local."+l.name, l.expression, under) {
		l.done = true
		return
	}
	value, problems := l.expression.Value(c.context(nil))
	c.fail(problems...)
	l.done = true
	if problems.HasErrors() {
		return
	}
	if l.sensitive {
		value = value.Mark(sensitive)
	}
	l.value = value
}

func (c *config) evaluateSource(d *dataSource, under []string) {
	if d.done || d.input == nil || !c.descend("data."+d.kind+"."+d.name, d.input.Expr, under) {
		d.done = true
		return
	}
	value, problems := d.input.Expr.Value(c.context(nil))
	c.fail(problems...)
	d.done = true
	if !problems.HasErrors() {
		d.value = cty.ObjectVal(map[string]cty.Value{"output": value})
	}
}

// descend evaluates first what an expression reads; false where it reads itself.
func (c *config) descend(name string, expression hcl.Expression, under []string) bool {
	for _, above := range under {
		if above == name {
			c.fail(wrong("Circular reference", strings.Join(append(under, name), " → ")+".", expression.Range()))
			return false
		}
	}
	under = append(append([]string{}, under...), name)
	for _, traversal := range expression.Variables() {
		steps := []string{}
		for _, step := range traversal[1:] {
			if attribute, is := step.(hcl.TraverseAttr); is {
				steps = append(steps, attribute.Name)
			}
		}
		switch {
		case traversal.RootName() == "local" && len(steps) > 0:
			if other, found := c.locals[steps[0]]; found {
				c.evaluateLocal(other, under)
			}
		case traversal.RootName() == "data" && len(steps) > 1:
			if other, found := c.data[steps[0]][steps[1]]; found {
				c.evaluateSource(other, under)
			}
		}
	}
	return true
}
