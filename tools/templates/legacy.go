package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
)

var rootKeys = []string{
	"min_packer_version", "description", "builders", "push", "post-processors", "provisioners",
	"error-cleanup-provisioner", "variables", "sensitive-variables", "comments",
}

// legacy is a JSON template of Packer's first language while it is read.
type legacy struct {
	request  *Request
	answer   *Answer
	file     File
	user     map[string]string
	secrets  map[string]bool
	builders []*builder
}

type builder struct {
	kind, raw, name string // raw is the name before {{…}}: only, except and override name that
	node            *node
}

func readLegacy(request *Request, answer *Answer) {
	l := &legacy{request: request, answer: answer, user: map[string]string{}, secrets: map[string]bool{}}
	if len(request.Files) != 1 {
		answer.Errors = append(answer.Errors, Problem{Summary: "A legacy template is one file"})
		return
	}
	l.file = request.Files[0]
	tree, faults := readJSON(l.file.Content)
	for _, fault := range faults {
		l.fail(fault.offset, "Invalid JSON", fault.text)
	}
	if tree == nil {
		return
	}
	root := tree.object()
	if root == nil {
		l.fail(tree.offset, "Not a template", "A template is a JSON object, this is "+kindOf(tree)+".")
		return
	}
	for _, key := range root.keys {
		if strings.HasPrefix(key, "_") {
			if _, is := root.members[key].value.(string); !is {
				l.fail(root.members[key].offset, "Invalid comment", key+" is a comment and must be a string.")
			}
		} else if !slices.Contains(rootKeys, key) {
			l.fail(root.places[key], "Unknown key", fmt.Sprintf("A template has no %q at its top.", key))
		}
	}
	answer.Description = l.text(root, "description")
	l.checkVersion(root)
	l.readVariables(root)
	l.readBuilders(root)
	l.readBuilds(root)
}

func (l *legacy) place(offset int) Place {
	line, column := position(l.file.Content, offset)
	return Place{File: l.file.Name, Line: line, Column: column}
}

func (l *legacy) fail(offset int, summary, detail string) {
	made := Problem{Summary: summary, Detail: detail, Place: l.place(offset)}
	made.Text = l.request.line(made.File, made.Line)
	l.answer.Errors = append(l.answer.Errors, made)
}

func (l *legacy) failAll(summary, detail string) {
	l.answer.Errors = append(l.answer.Errors, Problem{Summary: summary, Detail: detail})
}

func (l *legacy) text(of *object, key string) string {
	member := of.members[key]
	if member == nil {
		return ""
	}
	text, is := member.value.(string)
	if !is {
		l.fail(member.offset, "Unsuitable value", key+" must be a string, this is "+kindOf(member)+".")
	}
	return text
}

// list answers the members of a list; texts are told where it is none.
func (l *legacy) list(of *object, key string) []*node {
	member := of.members[key]
	if member == nil || member.value == nil {
		return nil
	}
	list, is := member.value.([]*node)
	if !is {
		l.fail(member.offset, "Unsuitable value", key+" must be a list, this is "+kindOf(member)+".")
	}
	return list
}

func (l *legacy) texts(of *object, key string) []string {
	texts := []string{}
	for _, element := range l.list(of, key) {
		text, is := element.value.(string)
		if !is {
			l.fail(element.offset, "Unsuitable value", key+" is a list of strings, this is "+kindOf(element)+".")
			continue
		}
		texts = append(texts, text)
	}
	return texts
}

func (l *legacy) checkVersion(root *object) {
	wanted := l.text(root, "min_packer_version")
	if wanted == "" {
		return
	}
	at := root.members["min_packer_version"].offset
	oldest, err := version.NewVersion(wanted)
	if err != nil {
		l.fail(at, "Invalid version", fmt.Sprintf("min_packer_version %q: %s.", wanted, err))
		return
	}
	l.answer.RequiredVersion = []string{">= " + wanted}
	if present, err := version.NewVersion(l.request.PackerVersion); err == nil && present.LessThan(oldest) {
		l.fail(at, "Unsupported version of Packer", fmt.Sprintf(
			"The template wants Packer %s or newer; templates are read here as Packer %s reads them.", wanted, present))
	}
}

// readBuilders reads names and types; options are read for each build.
func (l *legacy) readBuilders(root *object) {
	seen := map[string]bool{}
	for _, element := range l.list(root, "builders") {
		body := element.object()
		if body == nil {
			l.fail(element.offset, "Unsuitable value", "A builder is an object, this is "+kindOf(element)+".")
			continue
		}
		made := &builder{kind: l.text(body, "type"), raw: l.text(body, "name"), node: element}
		if made.kind == "" {
			l.fail(element.offset, "Missing type", "A builder has a type, such as ucloud-uhost.")
			continue
		}
		if made.raw == "" {
			made.raw = made.kind
		}
		if seen[made.raw] {
			l.fail(element.offset, "Duplicate builder", fmt.Sprintf("%q is another builder's name already.", made.raw))
			continue
		}
		seen[made.raw] = true
		named := &Interpolation{
			request: l.request, folder: l.request.Folder, user: l.user, secrets: l.secrets,
		}
		made.name, _ = l.render(named, made.raw, element.offset)
		l.builders = append(l.builders, made)
		l.answer.Sources = append(l.answer.Sources, Source{made.kind, made.name, l.place(element.offset)})
	}
	if len(l.builders) == 0 && len(l.answer.Errors) == 0 {
		l.failAll("No builder", "A template has at least one builder.")
	}
}

func (l *legacy) readBuilds(root *object) {
	provisioners := l.list(root, "provisioners")
	chains := l.list(root, "post-processors")
	names := map[string]bool{}
	for _, each := range l.builders {
		names[each.name] = true
	}
	matched := map[string]bool{}
	for _, each := range l.builders {
		only, except := l.request.Only, l.request.Except
		for _, list := range [][]string{only, except} {
			if slices.Contains(list, each.name) {
				matched[each.name] = true
			}
		}
		if (len(only) > 0 && !slices.Contains(only, each.name)) || slices.Contains(except, each.name) {
			continue
		}
		l.answer.Builds = append(l.answer.Builds, l.readBuild(each, root, provisioners, chains, matched))
	}
	sort.SliceStable(l.answer.Builds, func(i, j int) bool { return l.answer.Builds[i].Name < l.answer.Builds[j].Name })
	for _, wanted := range append(append([]string{}, l.request.Only...), l.request.Except...) {
		if !matched[wanted] {
			l.answer.Warnings = append(l.answer.Warnings, Problem{
				Summary: "A name of -only or -except matches nothing",
				Detail:  fmt.Sprintf("%q; the builds are %s.", wanted, strings.Join(sortedKeys(names), ", ")),
			})
		}
	}
}

func (l *legacy) readBuild(
	of *builder, root *object, provisioners, chains []*node, matched map[string]bool,
) Build {
	with := &Interpolation{
		request: l.request, buildName: of.name, buildType: of.kind, folder: l.request.Folder,
		user: l.user, secrets: l.secrets,
	}
	made := Build{Name: of.name, Place: l.place(of.node.offset)}
	made.Source = *l.component(of.node, with, "name", "type")
	made.Source.Name = of.name
	for _, element := range provisioners {
		if component := l.provisioner(element, of, with); component != nil {
			made.Provisioners = append(made.Provisioners, *component)
		}
	}
	if element := root.members["error-cleanup-provisioner"]; element != nil && element.value != nil {
		made.ErrorCleanupProvisioner = l.provisioner(element, of, with)
	}
	for _, element := range chains {
		if chain := l.chain(element, of, with, matched); len(chain) > 0 {
			made.PostProcessors = append(made.PostProcessors, chain)
		}
	}
	return made
}

func (l *legacy) provisioner(element *node, of *builder, with *Interpolation) *Component {
	body := element.object()
	if body == nil {
		l.fail(element.offset, "Unsuitable value", "A provisioner is an object, this is "+kindOf(element)+".")
		return nil
	}
	made := l.component(element, with, "type", "only", "except", "override", "pause_before", "max_retries", "timeout")
	if made.Type == "" {
		l.fail(element.offset, "Missing type", "A provisioner has a type, such as shell.")
	}
	made.PauseBefore, made.Timeout = l.duration(body, "pause_before"), l.duration(body, "timeout")
	made.MaxRetries = l.count(body, "max_retries", with)
	if member := body.members["override"]; member != nil {
		l.override(member, of, with, made)
	}
	if l.skipped(body, of) {
		return nil
	}
	return made
}

func (l *legacy) override(member *node, of *builder, with *Interpolation, component *Component) {
	overrides := member.object()
	if overrides == nil {
		l.fail(member.offset, "Unsuitable value", "override is an object, by the names of builders.")
		return
	}
	for _, name := range overrides.keys {
		l.checkName(name, "override", overrides.places[name])
		inner := overrides.members[name].object()
		if inner == nil {
			l.fail(overrides.members[name].offset, "Unsuitable value", "override."+name+" is an object of options.")
			continue
		}
		if name != of.raw {
			continue
		}
		for _, option := range inner.keys {
			component.Options[option] = l.value(inner.members[option], with)
			component.Places[option] = l.place(inner.places[option])
		}
	}
}

func (l *legacy) checkName(name, where string, offset int) {
	for _, each := range l.builders {
		if each.raw == name {
			return
		}
	}
	l.fail(offset, "Unknown builder", fmt.Sprintf("%s names %q, which is no builder of this template.", where, name))
}

func (l *legacy) skipped(body *object, of *builder) bool {
	only, except := l.texts(body, "only"), l.texts(body, "except")
	for key, list := range map[string][]string{"only": only, "except": except} {
		for _, name := range list {
			l.checkName(name, key, body.members[key].offset)
		}
	}
	if len(only) > 0 && len(except) > 0 {
		l.fail(body.places["except"], "only and except", "Only one of the two can be given.")
	}
	if len(only) > 0 {
		return !slices.Contains(only, of.raw)
	}
	return slices.Contains(except, of.raw)
}

// chain reads an entry of post-processors: a name, an object, or a list of these that follow one another.
func (l *legacy) chain(element *node, of *builder, with *Interpolation, matched map[string]bool) []Component {
	elements, isList := element.value.([]*node)
	if !isList {
		elements = []*node{element}
	}
	chain := []Component{}
	for _, each := range elements {
		made, body := &Component{}, each.object()
		switch value := each.value.(type) {
		case string:
			made = &Component{Type: value, Options: map[string]any{}, Places: map[string]Place{}, Place: l.place(each.offset)}
		case *object:
			made = l.component(each, with, "type", "name", "only", "except", "keep_input_artifact")
			made.Name = l.text(body, "name")
			if member := body.members["keep_input_artifact"]; member != nil {
				if keep, is := member.value.(bool); is {
					made.Keep = &keep
				} else {
					l.fail(member.offset, "Unsuitable value", "keep_input_artifact is true or false.")
				}
			}
			if l.skipped(body, of) {
				continue
			}
		default:
			l.fail(each.offset, "Unsuitable value", "A post-processor is a name or an object, this is "+kindOf(each)+".")
			continue
		}
		if made.Type == "" {
			l.fail(each.offset, "Missing type", "A post-processor has a type, such as manifest.")
			continue
		}
		name := made.Name
		if name == "" {
			name = made.Type
		}
		if slices.Contains(l.request.Except, name) {
			matched[name] = true
			break
		}
		chain = append(chain, *made)
	}
	return chain
}

// component reads the options of a builder, provisioner or post-processor; meta are keys that are Packer's own.
func (l *legacy) component(element *node, with *Interpolation, meta ...string) *Component {
	body := element.object()
	made := &Component{
		Type: l.text(body, "type"), Options: map[string]any{}, Places: map[string]Place{}, Place: l.place(element.offset),
	}
	for _, key := range body.keys {
		if !slices.Contains(meta, key) {
			made.Options[key] = l.value(body.members[key], with)
			made.Places[key] = l.place(body.places[key])
		}
	}
	return made
}

// value is a JSON value with the {{…}} of its strings and keys rendered.
func (l *legacy) value(of *node, with *Interpolation) any {
	switch value := of.value.(type) {
	case string:
		text, secret := l.render(with, value, of.offset)
		if secret {
			return map[string]any{sensitiveKey: text}
		}
		return text
	case []*node:
		list := []any{}
		for _, element := range value {
			list = append(list, l.value(element, with))
		}
		return list
	case *object:
		made := map[string]any{}
		for _, key := range value.keys {
			name, _ := l.render(with, key, value.places[key])
			made[name] = l.value(value.members[key], with)
		}
		return escaped(made)
	case json.Number:
		return value
	}
	return of.value
}

func (l *legacy) render(with *Interpolation, text string, offset int) (string, bool) {
	with.missing = ""
	rendered, secret, err := with.Render(text)
	if with.missing != "" {
		warning := Problem{Summary: "Undeclared variable", Place: l.place(offset), Detail: fmt.Sprintf(
			"{{user `%s`}} is nothing, as in Packer: no variable %s is declared or given.", with.missing, with.missing)}
		warning.Text = l.request.line(warning.File, warning.Line)
		l.answer.Warnings = append(l.answer.Warnings, warning)
	}
	if err != nil {
		l.fail(offset, "Invalid {{…}} in a string", err.Error())
	}
	return rendered, secret
}

func (l *legacy) duration(of *object, key string) float64 {
	text := l.text(of, key)
	if text == "" {
		return 0
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		l.fail(of.members[key].offset, "Invalid duration",
			fmt.Sprintf("%s: %q is not a duration such as 30s, 5m or 1h10m.", key, text))
	}
	return length.Seconds()
}

// count may be a number or a string, which may say {{user `retries`}}.
func (l *legacy) count(of *object, key string, with *Interpolation) int {
	member := of.members[key]
	if member == nil {
		return 0
	}
	text := ""
	switch value := member.value.(type) {
	case json.Number:
		text = value.String()
	case string:
		text, _ = l.render(with, value, member.offset)
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 {
		l.fail(member.offset, "Unsuitable value", key+" is a whole number, 0 or more.")
	}
	return count
}
