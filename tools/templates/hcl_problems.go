package main

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

func problem(request *Request, hidden []hcl.Range, diagnostic *hcl.Diagnostic) Problem {
	// A function of the libraries that fails by itself tells its stack too, which is no news to a template's author.
	detail, _, _ := strings.Cut(diagnostic.Detail, "\ngoroutine ")
	made := Problem{Summary: diagnostic.Summary, Detail: detail}
	subject := diagnostic.Subject
	if subject == nil {
		subject = diagnostic.Context
	}
	if subject == nil {
		return made
	}
	made.Place = placed(*subject)
	made.Text = request.line(made.File, made.Line)
	for _, secret := range hidden {
		if secret.Filename == made.File && secret.Start.Line <= made.Line && made.Line <= secret.End.Line {
			made.Text = hiddenLine(made.Text)
		}
	}
	return made
}

// hiddenLine keeps of an assignment of a sensitive variable its name alone.
func hiddenLine(text string) string {
	if name, _, found := strings.Cut(text, "="); found {
		return name + "= (sensitive)"
	}
	return "(sensitive)"
}

func placed(at hcl.Range) Place {
	return Place{File: at.Filename, Line: at.Start.Line, Column: at.Start.Column}
}

func wrong(summary, detail string, at hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}
}

// references are what an expression reads of a running build, for a value that waits.
func references(expression hcl.Expression) []string {
	names := []string{}
	for _, traversal := range expression.Variables() {
		if root := traversal.RootName(); root == "build" || root == "source" || root == "packer" || root == "data" {
			name := root
			for _, step := range traversal[1:] {
				switch step := step.(type) {
				case hcl.TraverseAttr:
					name += "." + step.Name
				case hcl.TraverseIndex:
					if step.Key.Type() == cty.String {
						name += "." + step.Key.AsString()
					}
				}
			}
			names = append(names, name)
		}
	}
	return names
}
