package main

import (
	"fmt"
	"strings"
)

// readVariables gives user variables their values: of the template, over it those of var-files, over them -var. Each
// may use others, in any order.
func (l *legacy) readVariables(root *object) {
	declared := &object{members: map[string]*node{}, places: map[string]int{}}
	if member := root.members["variables"]; member != nil {
		if declared = member.object(); declared == nil {
			l.fail(member.offset, "Unsuitable value", "variables is an object, this is "+kindOf(member)+".")
			return
		}
	}
	raw, from := map[string]string{}, map[string]string{}
	required := map[string]bool{}
	for _, name := range declared.keys {
		member := declared.members[name]
		switch value := member.value.(type) {
		case nil:
			required[name] = true
		case string:
			raw[name], from[name] = value, "default"
		default:
			l.fail(member.offset, "Unsuitable value", fmt.Sprintf(
				"The variable %s must be a string (or null, where it must be given), this is %s.", name, kindOf(member)))
			raw[name] = ""
		}
	}
	for _, name := range l.texts(root, "sensitive-variables") {
		l.secrets[name] = true
	}
	for _, file := range l.request.VarFiles {
		l.readVariableFile(file, raw, from)
	}
	for name, value := range l.request.Variables {
		raw[name], from[name] = value, "cmd"
	}
	for _, name := range declared.keys {
		if _, given := raw[name]; required[name] && !given {
			l.fail(declared.places[name], fmt.Sprintf("Unset variable %q", name),
				fmt.Sprintf("Its default is null, so it must be given: by -var %s=… or a var-file.", name))
		}
	}
	l.resolve(raw, declared)
	for _, name := range sortedKeys(from) {
		if _, found := declared.members[name]; !found {
			declared.keys = append(declared.keys, name)
		}
	}
	for _, name := range declared.keys {
		variable := Variable{
			Name: name, Value: l.user[name], Sensitive: l.secrets[name], Required: required[name], Type: "string",
			From: from[name],
		}
		if offset, found := declared.places[name]; found {
			variable.Place = l.place(offset)
		}
		if variable.Sensitive {
			variable.Value = map[string]any{sensitiveKey: variable.Value}
		}
		l.answer.Variables = append(l.answer.Variables, variable)
	}
}

func (l *legacy) readVariableFile(file File, raw, from map[string]string) {
	tree, faults := readJSON(file.Content)
	fail := func(offset int, text string) {
		made := Problem{Summary: "Invalid var-file", Detail: text}
		made.File = file.Name
		made.Line, made.Column = position(file.Content, offset)
		made.Text = "(a value may be a secret: the line is not shown)"
		l.answer.Errors = append(l.answer.Errors, made)
	}
	for _, fault := range faults {
		fail(fault.offset, fault.text)
	}
	if tree == nil {
		return
	}
	values := tree.object()
	if values == nil {
		fail(tree.offset, "A var-file of a legacy template is a JSON object of strings, this is "+kindOf(tree)+".")
		return
	}
	for _, name := range values.keys {
		text, is := values.members[name].value.(string)
		if !is {
			fail(values.members[name].offset, fmt.Sprintf("%s must be a string, this is %s.", name, kindOf(values.members[name])))
			continue
		}
		raw[name], from[name] = text, "varfile"
	}
}

// resolve renders variables until all are done. One that waits for another is tried again; what is left then uses a
// variable that there is not, or itself.
func (l *legacy) resolve(raw map[string]string, declared *object) {
	left := sortedKeys(raw)
	for len(left) > 0 {
		waiting, reasons := []string{}, map[string]string{}
		for _, name := range left {
			with := &Interpolation{
				request: l.request, folder: l.request.Folder, user: l.user, secrets: l.secrets, variables: true,
			}
			value, secret, err := with.Render(raw[name])
			switch {
			case err == nil:
				l.user[name] = value
				l.secrets[name] = l.secrets[name] || secret
			case with.missing != "":
				waiting = append(waiting, name)
				reasons[name] = with.missing
			default:
				l.failVariable(name, declared, err.Error())
				l.user[name] = ""
			}
		}
		if len(waiting) == len(left) {
			for _, name := range waiting {
				text := fmt.Sprintf("It uses the variable %s, which is not declared.", reasons[name])
				if _, found := raw[reasons[name]]; found {
					text = fmt.Sprintf("It uses %s, and that (in the end) itself: %s.", reasons[name], strings.Join(waiting, ", "))
				} else if _, found := declared.members[reasons[name]]; found {
					text = fmt.Sprintf("It uses the variable %s, which has no value.", reasons[name])
				}
				l.failVariable(name, declared, text)
				l.user[name] = ""
			}
			return
		}
		left = waiting
	}
}

func (l *legacy) failVariable(name string, declared *object, text string) {
	summary := fmt.Sprintf("Invalid value of the variable %s", name)
	member := declared.members[name]
	if member == nil {
		l.failAll(summary, text)
		return
	}
	l.fail(member.offset, summary, text)
	if l.secrets[name] {
		last := &l.answer.Errors[len(l.answer.Errors)-1]
		last.Text = hiddenLine(strings.Replace(last.Text, ":", "=", 1))
	}
}
