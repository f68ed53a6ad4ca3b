package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// shape is which arguments and blocks stand in bodies of a kind. HCL reads a body by a schema, and the schemas of
// sources and provisioners are their plugins'; so what stands there is the schema.
type shape struct {
	arguments map[string]bool
	blocks    map[string]*shape
}

func newShape() *shape { return &shape{arguments: map[string]bool{}, blocks: map[string]*shape{}} }

func (s *shape) at(kind string) *shape {
	if s.blocks[kind] == nil {
		s.blocks[kind] = newShape()
	}
	return s.blocks[kind]
}

// add takes in what stands in a body of HCL's own syntax, with what dynamic blocks will make. JSON needs no shape.
func (s *shape) add(body hcl.Body) {
	native, is := body.(*hclsyntax.Body)
	if !is {
		return
	}
	for name := range native.Attributes {
		s.arguments[name] = true
	}
	for _, block := range native.Blocks {
		if block.Type == "dynamic" && len(block.Labels) == 1 {
			for _, inner := range block.Body.Blocks {
				if inner.Type == "content" {
					s.at(block.Labels[0]).add(inner.Body)
				}
			}
			continue
		}
		s.at(block.Type).add(block.Body)
	}
}

func (s *shape) schema() *hcl.BodySchema {
	schema := &hcl.BodySchema{}
	for _, name := range sortedKeys(s.arguments) {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, kind := range sortedKeys(s.blocks) {
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: kind})
	}
	return schema
}

// options are what a body says, as JSON, with the place of each argument. Blocks of a kind become a list of objects.
type options struct {
	values map[string]any
	places map[string]Place
	meta   hcl.Attributes // those that are Packer's own and no plugin's
}

// scope is with what an expression is evaluated: variables, and what {{…}} in a string means.
type scope struct {
	context *hcl.EvalContext
	render  func(text string, at hcl.Range) string
}

func (c *config) options(body hcl.Body, within *shape, from string, with scope, meta ...string) options {
	made := options{values: map[string]any{}, places: map[string]Place{}, meta: hcl.Attributes{}}
	var attributes hcl.Attributes
	var problems hcl.Diagnostics
	var blocks hcl.Blocks
	if strings.HasSuffix(from, ".json") {
		attributes, problems = body.JustAttributes()
	} else {
		var content *hcl.BodyContent
		content, problems = body.Content(within.schema())
		attributes, blocks = content.Attributes, content.Blocks
	}
	c.fail(problems...)
	for _, attribute := range inOrder(attributes) {
		if slices.Contains(meta, attribute.Name) {
			made.meta[attribute.Name] = attribute
			continue
		}
		value, problems := attribute.Expr.Value(with.context)
		c.fail(problems...)
		if problems.HasErrors() {
			continue
		}
		at := attribute.Expr.Range()
		encode := encoder{
			references: references(attribute.Expr),
			render:     func(text string) string { return with.render(text, at) },
		}
		made.values[attribute.Name] = encode.encode(value)
		made.places[attribute.Name] = placed(attribute.NameRange)
	}
	for _, block := range blocks {
		inner := c.options(block.Body, within.at(block.Type), from, with)
		list, _ := made.values[block.Type].([]any)
		made.values[block.Type] = append(list, escaped(inner.values))
		if _, found := made.places[block.Type]; !found {
			made.places[block.Type] = placed(block.DefRange)
		}
	}
	return made
}

// merge adds what a `source` block of a build says to what the source says; neither may say what the other says.
func (c *config) merge(into, more options, at hcl.Range) {
	for _, name := range sortedKeys(more.values) {
		before, found := into.values[name]
		list, isList := before.([]any)
		added, addedIsList := more.values[name].([]any)
		if found && isList && addedIsList && c.isBlock(name) {
			into.values[name] = append(list, added...)
			continue
		}
		if found {
			place := more.places[name]
			where := hcl.Range{Filename: place.File, Start: hcl.Pos{Line: place.Line, Column: place.Column}}
			where.End = where.Start
			c.fail(wrong("Duplicate argument", fmt.Sprintf(
				"%s is set at line %d of %s already; a build's source block adds arguments and replaces none.",
				name, into.places[name].Line, into.places[name].File), where))
			continue
		}
		into.values[name], into.places[name] = more.values[name], more.places[name]
	}
}

func (c *config) isBlock(name string) bool { return c.shape.at("source").blocks[name] != nil }
