package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// The blocks that a file may have at its top.
var configSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "packer"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "variables"},
	{Type: "local", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "data", LabelNames: []string{"type", "name"}},
	{Type: "source", LabelNames: []string{"type", "name"}},
	{Type: "build"},
	{Type: "communicator", LabelNames: []string{"type", "name"}},
}}

// config is an HCL2 template while it is read: variables, then data and locals, then sources and builds.
type config struct {
	request   *Request
	answer    *Answer
	functions map[string]function.Function
	files     []*hcl.File
	shape     *shape
	problems  hcl.Diagnostics
	hidden    []hcl.Range // where a sensitive value stands: such a line is not shown

	variables map[string]*inputVariable
	order     []string // their names as they were declared
	locals    map[string]*local
	data      map[string]map[string]*dataSource
	sources   map[string]*sourceBlock
}

type sourceBlock struct {
	kind, name string
	block      *hcl.Block
}

func readHCL2(request *Request, answer *Answer) {
	c := &config{
		request: request, answer: answer, functions: functions(request), shape: newShape(),
		variables: map[string]*inputVariable{}, locals: map[string]*local{},
		data: map[string]map[string]*dataSource{}, sources: map[string]*sourceBlock{},
	}
	defer c.report()
	parser := hclparse.NewParser()
	c.files = c.parse(parser, request.Files)
	assigned := c.parse(parser, variableFiles(request.VarFiles))
	if c.problems.HasErrors() {
		return
	}
	if len(c.files) == 0 {
		c.fail(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No template",
			Detail: "A template's name ends with .pkr.hcl or .pkr.json."})
		return
	}
	contents := []*hcl.BodyContent{}
	for _, file := range c.files {
		c.shape.add(file.Body)
		// Names of blocks alone, at first: for_each of a dynamic block may use variables.
		content, problems := dynblock.Expand(file.Body, unknownContext(c.functions)).Content(configSchema)
		c.fail(problems...)
		contents = append(contents, content)
	}
	each := func(kind string, do func(block *hcl.Block)) {
		for _, content := range contents {
			for _, block := range content.Blocks.OfType(kind) {
				do(block)
			}
		}
	}
	each("packer", c.readPacker)
	each("variable", c.readVariable)
	each("variables", c.readVariables)
	c.assign(assigned)
	c.checkVariables()
	each("data", c.declareData)
	each("local", c.declareLocal)
	each("locals", c.declareLocals)
	c.evaluateLocals()
	c.evaluateData()
	c.readBuilds()
	c.answerVariables()
}

func (c *config) fail(problems ...*hcl.Diagnostic) { c.problems = append(c.problems, problems...) }

func (c *config) report() {
	for _, diagnostic := range c.problems {
		made := problem(c.request, c.hidden, diagnostic)
		if diagnostic.Severity == hcl.DiagError {
			c.answer.Errors = append(c.answer.Errors, made)
		} else {
			c.answer.Warnings = append(c.answer.Warnings, made)
		}
	}
}

func (c *config) parse(parser *hclparse.Parser, files []File) []*hcl.File {
	parsed := []*hcl.File{}
	for _, file := range files {
		read := parser.ParseHCL
		if strings.HasSuffix(file.Name, ".json") {
			read = parser.ParseJSON
		}
		made, problems := read([]byte(file.Content), file.Name)
		c.fail(problems...)
		if made != nil {
			parsed = append(parsed, made)
		}
	}
	return parsed
}

// variableFiles are in Packer's order: those in HCL, found before given, and then those in JSON.
func variableFiles(files []File) []File {
	ordered := []File{}
	for _, json := range []bool{false, true} {
		for _, auto := range []bool{true, false} {
			for _, file := range files {
				if strings.HasSuffix(file.Name, ".json") == json && file.Auto == auto {
					ordered = append(ordered, file)
				}
			}
		}
	}
	return ordered
}

func unknownContext(functions map[string]function.Function) *hcl.EvalContext {
	unknown := map[string]cty.Value{}
	for _, name := range []string{"var", "local", "data", "source", "build", "packer", "path"} {
		unknown[name] = cty.DynamicVal
	}
	return &hcl.EvalContext{Variables: unknown, Functions: functions}
}

// context is what an expression may read. source and build are unknown where they are not given.
func (c *config) context(more map[string]cty.Value) *hcl.EvalContext {
	variables := map[string]cty.Value{}
	for name, variable := range c.variables {
		variables[name] = variable.value
	}
	locals := map[string]cty.Value{}
	for name, local := range c.locals {
		locals[name] = local.value
	}
	data := map[string]cty.Value{}
	for kind, named := range c.data {
		values := map[string]cty.Value{}
		for name, source := range named {
			values[name] = source.value
		}
		data[kind] = cty.ObjectVal(values)
	}
	all := map[string]cty.Value{
		"var":    cty.ObjectVal(variables),
		"local":  cty.ObjectVal(locals),
		"data":   cty.ObjectVal(data),
		"source": cty.ObjectVal(map[string]cty.Value{"type": cty.UnknownVal(cty.String), "name": cty.UnknownVal(cty.String)}),
		"build":  cty.DynamicVal,
		"path": cty.ObjectVal(map[string]cty.Value{
			"cwd":  cty.StringVal(slashed(c.request.Cwd)),
			"root": cty.StringVal(slashed(c.request.Root)),
		}),
		"packer": cty.ObjectVal(map[string]cty.Value{
			"version":            cty.StringVal(c.request.PackerVersion),
			"iterationID":        cty.UnknownVal(cty.String),
			"versionFingerprint": cty.UnknownVal(cty.String),
		}),
	}
	for name, value := range more {
		all[name] = value
	}
	return &hcl.EvalContext{Variables: all, Functions: c.functions}
}

var packerSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "required_version"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "required_plugins"}},
}

// readPacker reads which versions are wanted; plugins are named in the answer and nothing is installed.
func (c *config) readPacker(block *hcl.Block) {
	content, problems := block.Body.Content(packerSchema)
	c.fail(problems...)
	if attribute, found := content.Attributes["required_version"]; found {
		c.requireVersion(attribute)
	}
	for _, plugins := range content.Blocks {
		attributes, problems := plugins.Body.JustAttributes()
		c.fail(problems...)
		for _, name := range sortedKeys(attributes) {
			value, problems := attributes[name].Expr.Value(nil)
			c.fail(problems...)
			if c.answer.RequiredPlugins == nil {
				c.answer.RequiredPlugins = map[string]any{}
			}
			c.answer.RequiredPlugins[name] = encoder{}.encode(value)
		}
	}
}

func (c *config) requireVersion(attribute *hcl.Attribute) {
	value, problems := attribute.Expr.Value(nil)
	c.fail(problems...)
	if problems.HasErrors() || value.IsNull() || value.Type() != cty.String {
		return
	}
	at := attribute.Expr.Range()
	wanted, err := version.NewConstraint(value.AsString())
	if err != nil {
		c.fail(wrong("Invalid version constraint", fmt.Sprintf("%q: %s.", value.AsString(), err), at))
		return
	}
	c.answer.RequiredVersion = append(c.answer.RequiredVersion, value.AsString())
	if present, err := version.NewVersion(c.request.PackerVersion); err == nil && !wanted.Check(present.Core()) {
		c.fail(wrong("Unsupported version of Packer",
			fmt.Sprintf("The template wants Packer %s; templates are read here as Packer %s reads them.",
				value.AsString(), present), at))
	}
}
