package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"github.com/jehiah/go-strftime"
)

// Interpolation is Packer's template engine of {{…}}: all of a legacy template, and strings that an HCL2 template
// gives to a source, provisioner or post-processor.
type Interpolation struct {
	request   *Request
	buildName string
	buildType string
	folder    string            // template_dir; empty in HCL2
	user      map[string]string // nil in HCL2
	secrets   map[string]bool   // which of the user variables are sensitive
	variables bool              // in the section "variables", where env and its like are allowed
	missing   string            // a user variable that was read and is not known
	touched   bool              // a sensitive variable was read
}

var notInAnImageName = regexp.MustCompile(`[^\p{Han}A-Za-z0-9\-_,.:\[\]]+`)

func (i *Interpolation) functions() template.FuncMap {
	now := i.request.Now
	only := func(text, name string) func() (string, error) {
		return func() (string, error) {
			if text == "" {
				return "", fmt.Errorf("%s is not available here", name)
			}
			return text, nil
		}
	}
	funcs := template.FuncMap{
		"build_name":     only(i.buildName, "build_name"),
		"build_type":     only(i.buildType, "build_type"),
		"template_dir":   only(i.folder, "template_dir"),
		"packer_version": only(i.request.PackerVersion, "packer_version"),
		"pwd":            only(i.request.Cwd, "pwd"),
		"timestamp":      func() string { return strconv.FormatInt(now.Unix(), 10) },
		"strftime":       func(format string) string { return strftime.Format(format, now) },
		"isotime": func(format ...string) (string, error) {
			switch len(format) {
			case 0:
				return now.Format(time.RFC3339), nil
			case 1:
				return now.Format(format[0]), nil
			}
			return "", errors.New("isotime takes one format, or none")
		},
		"uuid":        orderedUUID,
		"upper":       strings.ToUpper,
		"lower":       strings.ToLower,
		"replace":     func(old, new string, n int, text string) string { return strings.Replace(text, old, new, n) },
		"replace_all": func(old, new, text string) string { return strings.ReplaceAll(text, old, new) },
		"split": func(text, separator string, index int) (string, error) {
			parts := strings.Split(text, separator)
			if index < 0 || index >= len(parts) {
				return "", fmt.Errorf("split by %q gives %d parts, there is no part %d", separator, len(parts), index)
			}
			return parts[index], nil
		},
		"clean_resource_name": func(text string) string { return notInAnImageName.ReplaceAllString(text, "-") },
		"user":                i.userVariable,
		"env":                 i.env,
		// Only parsed: what calls it is left for the time when a host runs.
		"build": func(string) string { return "" },
		"sed": func(...string) (string, error) {
			return "", errors.New("sed is gone from Packer: use replace or replace_all")
		},
	}
	for name := range refused {
		name := name
		funcs[name] = func(...string) (string, error) { return "", refusal(name) }
	}
	return funcs
}

func (i *Interpolation) userVariable(name string) (string, error) {
	if i.user == nil {
		return "", fmt.Errorf("user is of legacy JSON templates; in HCL2 write var.%s", name)
	}
	value, found := i.user[name]
	if !found {
		i.missing = name
	}
	if !found && i.variables {
		return "", fmt.Errorf("the variable %s is not declared", name)
	}
	i.touched = i.touched || i.secrets[name]
	return value, nil
}

func (i *Interpolation) env(name string) (string, error) {
	if !i.variables {
		return "", errors.New("env is allowed in the variables of a template alone: declare one and use it here")
	}
	known, _ := i.request.ask("env", name)
	return known.Text, nil
}

// orderedUUID is ordered by time, as Packer's is.
func orderedUUID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[4:]); err != nil {
		return "", err
	}
	binary.BigEndian.PutUint32(b[:4], uint32(time.Now().Unix()))
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// Render does what can be done now. Actions that read the data of a later moment ({{.Vars}}, {{build `ID`}}) stay.
// secret says that a sensitive variable was read.
func (i *Interpolation) Render(text string) (rendered string, secret bool, err error) {
	if !strings.Contains(text, "{{") {
		return text, false, nil
	}
	parsed, err := template.New("template").Funcs(i.functions()).Parse(text)
	if err != nil {
		return "", false, plain(err)
	}
	i.touched = false
	if parsed.Tree == nil || parsed.Root == nil {
		return "", false, nil
	}
	root := parsed.Root
	if !later(root) {
		var out bytes.Buffer
		err = parsed.Execute(&out, nil)
		return out.String(), i.touched, plain(err)
	}
	if declares(root) {
		return text, false, nil // a $variable may connect actions: all of them wait
	}
	var out bytes.Buffer
	for _, node := range root.Nodes {
		if later(node) {
			out.WriteString(node.String())
			continue
		}
		part := parsed.New("template")
		tree := &parse.Tree{Name: "template", Root: &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{node}}}
		if part, err = part.AddParseTree("template", tree); err != nil {
			return "", false, plain(err)
		}
		if err = part.Execute(&out, nil); err != nil {
			return "", false, plain(err)
		}
	}
	return out.String(), i.touched, nil
}

var where = regexp.MustCompile(`^template: template:(\d+:)*(\d+:)? ?(executing "template" at )?`)

// plain takes the engine's own names for places out of an error; the place in the file stands beside it.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(where.ReplaceAllString(err.Error(), ""))
}

func later(node parse.Node) bool {
	return some(node, func(n parse.Node) bool {
		switch n := n.(type) {
		case *parse.FieldNode, *parse.DotNode:
			return true
		case *parse.IdentifierNode:
			return n.Ident == "build"
		}
		return false
	})
}

func declares(node parse.Node) bool {
	return some(node, func(n parse.Node) bool { _, is := n.(*parse.VariableNode); return is })
}

// some walks a parsed template and says whether a node fits.
func some(node parse.Node, fits func(parse.Node) bool) bool {
	if fits(node) {
		return true
	}
	var inner []parse.Node
	branch := func(b *parse.BranchNode) {
		inner = append(inner, b.Pipe, b.List)
		if b.ElseList != nil {
			inner = append(inner, b.ElseList)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		inner = n.Nodes
	case *parse.ActionNode:
		inner = append(inner, n.Pipe)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			inner = append(inner, command)
		}
		for _, variable := range n.Decl {
			inner = append(inner, variable)
		}
	case *parse.CommandNode:
		inner = n.Args
	case *parse.ChainNode:
		inner = append(inner, n.Node)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			inner = append(inner, n.Pipe)
		}
	}
	for _, each := range inner {
		if some(each, fits) {
			return true
		}
	}
	return false
}
