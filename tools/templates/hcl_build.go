package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/gobwas/glob"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

var buildSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "name"}, {Name: "description"}, {Name: "sources"}},
	Blocks: []hcl.BlockHeaderSchema{
		{Type: "source", LabelNames: []string{"reference"}},
		{Type: "provisioner", LabelNames: []string{"type"}},
		{Type: "error-cleanup-provisioner", LabelNames: []string{"type"}},
		{Type: "post-processor", LabelNames: []string{"type"}},
		{Type: "post-processors"},
		{Type: "hcp_packer_registry"},
	},
}

var chainSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "post-processor", LabelNames: []string{"type"}}}}

// buildKeys are what any builder tells of a running host.
var buildKeys = []string{
	"ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID", "PackerHTTPPort", "PackerHTTPIP",
	"PackerHTTPAddr", "SSHPublicKey", "SSHPrivateKey", "WinRMPassword",
}

// use is one source as one build uses it.
type use struct {
	source *sourceBlock
	local  string     // its name in this build, where it has one
	block  *hcl.Block // the build's own source block; nil where it stands in `sources`
}

func (u use) name() string {
	if u.local != "" {
		return u.local
	}
	return u.source.name
}

func (u use) full() string { return u.source.kind + "." + u.name() }

func (c *config) readBuilds() {
	base := c.context(nil)
	for _, block := range c.blocks(base, "source") {
		source := &sourceBlock{kind: block.Labels[0], name: block.Labels[1], block: block}
		key := source.kind + "." + source.name
		if before, found := c.sources[key]; found {
			c.fail(wrong("Duplicate source", fmt.Sprintf("source %q %q stands at %s already.",
				source.kind, source.name, before.block.DefRange), block.DefRange))
			continue
		}
		c.sources[key] = source
		c.answer.Sources = append(c.answer.Sources, Source{source.kind, source.name, placed(block.DefRange)})
	}
	builds := c.blocks(base, "build")
	only, except := c.globs("only", c.request.Only), c.globs("except", c.request.Except)
	names, matched := []string{}, map[string]bool{}
	for index, block := range builds {
		content, problems := block.Body.Content(buildSchema)
		c.fail(problems...)
		head := c.buildHead(content, base)
		for _, registry := range content.Blocks.OfType("hcp_packer_registry") {
			at := placed(registry.DefRange)
			at.What = "hcp_packer_registry"
			c.answer.PassedOver = append(c.answer.PassedOver, at)
		}
		uses := c.uses(block, content, base)
		for _, use := range uses {
			name := use.full()
			if head.Label != "" {
				name = head.Label + "." + name
			}
			names = append(names, name)
			picked := len(only) == 0 || matches(only, name, matched)
			if matches(except, name, matched) || !picked {
				continue
			}
			c.answer.Builds = append(c.answer.Builds, c.readBuild(index, head, name, use, except, matched))
		}
	}
	for _, pattern := range append(append([]string{}, c.request.Only...), c.request.Except...) {
		if !matched[pattern] {
			c.fail(&hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "A pattern of -only or -except matches nothing",
				Detail: fmt.Sprintf("%q; the builds are %s.", pattern, strings.Join(names, ", "))})
		}
	}
	if len(builds) == 0 && !c.problems.HasErrors() {
		c.fail(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Missing build block",
			Detail: "A template needs a build block with at least one source."})
	}
}

// blocks are all of a kind, of all files, dynamic blocks expanded with what the context says.
func (c *config) blocks(context *hcl.EvalContext, kind string) hcl.Blocks {
	found := hcl.Blocks{}
	for _, file := range c.files {
		content, problems := dynblock.Expand(file.Body, context).Content(configSchema)
		c.fail(problems...)
		found = append(found, content.Blocks.OfType(kind)...)
	}
	return found
}

func (c *config) buildHead(content *hcl.BodyContent, context *hcl.EvalContext) Build {
	head := Build{}
	if attribute := content.Attributes["name"]; attribute != nil {
		head.Label = c.evaluatedText(attribute, context)
	}
	if attribute := content.Attributes["description"]; attribute != nil {
		head.Description = c.evaluatedText(attribute, context)
	}
	return head
}

func (c *config) uses(build *hcl.Block, content *hcl.BodyContent, context *hcl.EvalContext) []use {
	uses, named := []use{}, 0
	add := func(reference string, at hcl.Range, block *hcl.Block) {
		named++
		parts := strings.Split(reference, ".")
		if len(parts) == 3 && parts[0] == "source" {
			parts = parts[1:]
		}
		if len(parts) != 2 || !hclsyntax.ValidIdentifier(parts[0]) || !hclsyntax.ValidIdentifier(parts[1]) {
			c.fail(wrong("Invalid source reference",
				fmt.Sprintf("%q: write source.<type>.<name>.", reference), at))
			return
		}
		source, found := c.sources[parts[0]+"."+parts[1]]
		if !found {
			c.fail(wrong("Unknown source", fmt.Sprintf("%q: the template has %s.",
				reference, strings.Join(sortedKeys(c.sources), ", ")), at))
			return
		}
		made := use{source: source, block: block}
		if block != nil {
			made.local = c.localName(block, context)
		}
		uses = append(uses, made)
	}
	if attribute := content.Attributes["sources"]; attribute != nil {
		value, problems := attribute.Expr.Value(context)
		c.fail(problems...)
		list, ok := stringList(value)
		if !ok && !problems.HasErrors() {
			c.fail(wrong("Invalid sources", "sources is a list of strings.", attribute.Expr.Range()))
			return uses
		}
		for _, reference := range list {
			add(reference, attribute.Expr.Range(), nil)
		}
		if problems.HasErrors() {
			named++
		}
	}
	for _, block := range content.Blocks.OfType("source") {
		add(block.Labels[0], block.DefRange, block)
	}
	if named == 0 {
		c.fail(wrong("Missing source reference", "A build names at least one source.", build.DefRange))
	}
	return uses
}

func (c *config) localName(block *hcl.Block, context *hcl.EvalContext) string {
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "name"}}}
	content, _, problems := block.Body.PartialContent(schema)
	c.fail(problems...)
	if attribute := content.Attributes["name"]; attribute != nil {
		return c.evaluatedText(attribute, context)
	}
	return ""
}

// readBuild reads one source of one build with all that this build does to it. Everything is evaluated for this source,
// as source.name may stand anywhere in a build.
func (c *config) readBuild(
	index int, head Build, name string, use use, except map[string]glob.Glob, matched map[string]bool,
) Build {
	sourceValues := map[string]cty.Value{"source": cty.ObjectVal(map[string]cty.Value{
		"type": cty.StringVal(use.source.kind), "name": cty.StringVal(use.name()),
	})}
	running := map[string]cty.Value{}
	for _, key := range buildKeys {
		running[key] = cty.UnknownVal(cty.String)
	}
	for key, value := range c.request.Build {
		running[key] = decode(value)
	}
	running["name"] = cty.StringVal(head.Label)
	interpolation := &Interpolation{request: c.request, buildName: use.source.name, buildType: use.source.kind}
	with := scope{render: func(text string, at hcl.Range) string {
		rendered, _, err := interpolation.Render(text)
		if err != nil {
			c.fail(wrong("Invalid {{…}} in a string", err.Error(), at))
		}
		return rendered
	}}
	with.context = c.context(sourceValues)

	made := head
	made.Name = name
	sourceShape := c.shape.at("source")
	source := c.options(use.source.block.Body, sourceShape, use.source.block.DefRange.Filename, with)
	sourceValues["build"] = cty.ObjectVal(running)
	built := c.blocks(c.context(sourceValues), "build")
	if index >= len(built) {
		return made
	}
	block := built[index]
	made.Place = placed(block.DefRange)
	if use.block != nil {
		within := c.shape.at("build").at("source")
		more := c.options(use.block.Body, within, use.block.DefRange.Filename, with, "name")
		c.merge(source, more, use.block.DefRange)
	}
	made.Source = Component{
		Type: use.source.kind, Name: use.name(), Options: source.values, Places: source.places,
		Place: placed(use.source.block.DefRange),
	}
	with.context = c.context(sourceValues)
	content, _ := block.Body.Content(buildSchema)
	within := c.shape.at("build")
	for _, inner := range content.Blocks {
		switch inner.Type {
		case "provisioner":
			if component := c.provisioner(inner, within.at(inner.Type), with, use); component != nil {
				made.Provisioners = append(made.Provisioners, *component)
			}
		case "error-cleanup-provisioner":
			component := c.provisioner(inner, within.at(inner.Type), with, use)
			if component != nil && made.ErrorCleanupProvisioner != nil {
				c.fail(wrong("Duplicate error-cleanup-provisioner", "A build has one at most.", inner.DefRange))
			}
			if component != nil {
				made.ErrorCleanupProvisioner = component
			}
		case "post-processor":
			chain := c.chain(hcl.Blocks{inner}, within.at(inner.Type), with, use, except, matched)
			if len(chain) > 0 {
				made.PostProcessors = append(made.PostProcessors, chain)
			}
		case "post-processors":
			body, problems := inner.Body.Content(chainSchema)
			c.fail(problems...)
			shape := within.at(inner.Type).at("post-processor")
			if chain := c.chain(body.Blocks, shape, with, use, except, matched); len(chain) > 0 {
				made.PostProcessors = append(made.PostProcessors, chain)
			}
		}
	}
	return made
}

func (c *config) provisioner(block *hcl.Block, within *shape, with scope, use use) *Component {
	read := c.options(block.Body, within, block.DefRange.Filename, with,
		"name", "pause_before", "max_retries", "timeout", "only", "except", "override")
	made := c.component(block, read, with)
	made.PauseBefore = c.duration(read.meta["pause_before"], with)
	made.Timeout = c.duration(read.meta["timeout"], with)
	if attribute := read.meta["max_retries"]; attribute != nil {
		made.MaxRetries = c.count(attribute, with)
	}
	if attribute := read.meta["override"]; attribute != nil {
		c.override(attribute, with, use, made)
	}
	if c.skipped(read.meta, with, use) {
		return nil
	}
	return made
}

// override replaces options for one source, by its name.
func (c *config) override(attribute *hcl.Attribute, with scope, use use, component *Component) {
	value, problems := attribute.Expr.Value(with.context)
	c.fail(problems...)
	if problems.HasErrors() {
		return
	}
	value, _ = value.Unmark()
	at := attribute.Expr.Range()
	if !value.Type().IsObjectType() || value.IsNull() {
		c.fail(wrong("Invalid override", "override is an object of objects, by the names of sources.", at))
		return
	}
	for name, options := range value.AsValueMap() {
		options, _ := options.Unmark()
		if !options.Type().IsObjectType() || options.IsNull() {
			c.fail(wrong("Invalid override", fmt.Sprintf("override.%s is an object of options.", name), at))
			continue
		}
		if name != use.name() {
			continue
		}
		encode := encoder{
			references: references(attribute.Expr),
			render:     func(text string) string { return with.render(text, at) },
		}
		for option, replaced := range options.AsValueMap() {
			component.Options[option] = encode.encode(replaced)
			component.Places[option] = placed(at)
		}
	}
}

// chain reads post-processors that follow one another. One that -except names ends its chain, as in Packer.
func (c *config) chain(
	blocks hcl.Blocks, within *shape, with scope, use use, except map[string]glob.Glob, matched map[string]bool,
) []Component {
	chain := []Component{}
	for _, block := range blocks {
		read := c.options(block.Body, within, block.DefRange.Filename, with,
			"name", "only", "except", "keep_input_artifact")
		made := c.component(block, read, with)
		if c.skipped(read.meta, with, use) {
			continue
		}
		name := made.Name
		if name == "" {
			name = made.Type
		}
		if matches(except, name, matched) {
			break
		}
		if attribute := read.meta["keep_input_artifact"]; attribute != nil {
			value := c.converted(attribute, with.context, cty.Bool)
			if !value.IsNull() && value.IsKnown() {
				keep := value.True()
				made.Keep = &keep
			}
		}
		chain = append(chain, *made)
	}
	return chain
}

func (c *config) component(block *hcl.Block, read options, with scope) *Component {
	made := &Component{Type: block.Labels[0], Options: read.values, Places: read.places, Place: placed(block.DefRange)}
	if attribute := read.meta["name"]; attribute != nil {
		made.Name = c.evaluatedText(attribute, with.context)
	}
	return made
}

// skipped says whether `only` or `except` leave this source out. They name sources as <type>.<name>.
func (c *config) skipped(meta hcl.Attributes, with scope, use use) bool {
	read := func(name string) ([]string, bool) {
		attribute := meta[name]
		if attribute == nil {
			return nil, false
		}
		value, problems := attribute.Expr.Value(with.context)
		c.fail(problems...)
		list, ok := stringList(value)
		if !ok && !problems.HasErrors() {
			c.fail(wrong("Invalid "+name, name+" is a list of strings: <type>.<name> of sources.", attribute.Expr.Range()))
		}
		return list, len(list) > 0
	}
	only, hasOnly := read("only")
	except, hasExcept := read("except")
	if hasOnly && hasExcept {
		c.fail(wrong("only and except", "Only one of the two can be given.", meta["except"].Range))
	}
	if hasOnly {
		return !contains(only, use.full())
	}
	return contains(except, use.full())
}

func contains(list []string, wanted string) bool {
	for _, each := range list {
		if each == wanted {
			return true
		}
	}
	return false
}

func (c *config) converted(attribute *hcl.Attribute, context *hcl.EvalContext, kind cty.Type) cty.Value {
	value, problems := attribute.Expr.Value(context)
	c.fail(problems...)
	if problems.HasErrors() {
		return cty.NullVal(kind)
	}
	value, _ = value.UnmarkDeep()
	converted, err := convert.Convert(value, kind)
	if err != nil {
		c.fail(wrong("Unsuitable value", fmt.Sprintf("%s: %s.", attribute.Name, err), attribute.Expr.Range()))
		return cty.NullVal(kind)
	}
	return converted
}

func (c *config) evaluatedText(attribute *hcl.Attribute, context *hcl.EvalContext) string {
	value := c.converted(attribute, context, cty.String)
	if value.IsNull() || !value.IsKnown() {
		return ""
	}
	return value.AsString()
}

// duration is in seconds.
func (c *config) duration(attribute *hcl.Attribute, with scope) float64 {
	if attribute == nil {
		return 0
	}
	text := c.evaluatedText(attribute, with.context)
	if text == "" {
		return 0
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		c.fail(wrong("Invalid duration", fmt.Sprintf("%s: %q is not a duration such as 30s, 5m or 1h10m.",
			attribute.Name, text), attribute.Expr.Range()))
	}
	return length.Seconds()
}

func (c *config) count(attribute *hcl.Attribute, with scope) int {
	value := c.converted(attribute, with.context, cty.Number)
	if value.IsNull() || !value.IsKnown() {
		return 0
	}
	count, _ := value.AsBigFloat().Int64()
	if count < 0 || !value.AsBigFloat().IsInt() {
		c.fail(wrong("Unsuitable value", attribute.Name+" is a whole number, 0 or more.", attribute.Expr.Range()))
	}
	return int(count)
}

func (c *config) globs(option string, patterns []string) map[string]glob.Glob {
	compiled := map[string]glob.Glob{}
	for _, pattern := range patterns {
		made, err := glob.Compile(pattern)
		if err != nil {
			c.fail(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Invalid pattern",
				Detail: fmt.Sprintf("-%s %q: %s.", option, pattern, err)})
			continue
		}
		compiled[pattern] = made
	}
	return compiled
}

func matches(patterns map[string]glob.Glob, name string, matched map[string]bool) bool {
	any := false
	for pattern, each := range patterns {
		if each.Match(name) {
			matched[pattern] = true
			any = true
		}
	}
	return any
}
