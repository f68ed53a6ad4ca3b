package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"path"
	"sort"
	"strings"
	"time"
)

// Request is all that the reader knows: the files of a template, what was said on the command line, and what earlier
// rounds asked for.
type Request struct {
	Kind          string            `json:"kind"` // "hcl2" or "json"
	Root          string            `json:"root"` // path.root, as Packer has it
	Cwd           string            `json:"cwd"`
	Home          string            `json:"home"`
	Folder        string            `json:"folder"` // the absolute folder that file functions start from
	Files         []File            `json:"files"`
	VarFiles      []File            `json:"var_files"`
	Variables     map[string]string `json:"variables"`   // -var
	Environment   map[string]string `json:"environment"` // PKR_VAR_* alone; anything else is asked for
	Only          []string          `json:"only"`
	Except        []string          `json:"except"`
	Now           time.Time         `json:"now"`
	PackerVersion string            `json:"packer_version"`
	Build         map[string]any    `json:"build"` // what build.* is, where a host runs already
	Known         map[string]Known  `json:"known"`

	needs map[string]Need
}

type File struct {
	Name    string `json:"name"`
	Content string `json:"content"`
	Auto    bool   `json:"auto"`
}

// Need is something outside of the request that the template asks for.
type Need struct {
	What string `json:"what"` // file, exists, list, env
	Name string `json:"name"` // an absolute path, or a variable of the environment
}

// Known is the host's answer to a Need.
type Known struct {
	Text   string   `json:"text"`
	Base64 string   `json:"base64"`
	Found  bool     `json:"found"`
	Names  []string `json:"names"`
	Error  string   `json:"error"`
}

func (k Known) bytes() []byte {
	content, _ := base64.StdEncoding.DecodeString(k.Base64)
	return content
}

// Answer is what a template says. Where Needs is not empty nothing else counts.
type Answer struct {
	Needs           []Need            `json:"needs"`
	Errors          []Problem         `json:"errors"`
	Warnings        []Problem         `json:"warnings"`
	Description     string            `json:"description"`
	RequiredVersion []string          `json:"required_version"`
	RequiredPlugins map[string]any    `json:"required_plugins"`
	Variables       []Variable        `json:"variables"`
	Locals          []Variable        `json:"locals"`
	Sources         []Source          `json:"sources"`
	Builds          []Build           `json:"builds"`
	PassedOver      []Place           `json:"passed_over"`
	Files           map[string]string `json:"-"`
}

type Place struct {
	What   string `json:"what,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Problem is an error or a warning, with the line that it is about.
type Problem struct {
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	Place
	Text string `json:"text"`
}

type Variable struct {
	Name        string `json:"name"`
	Value       any    `json:"value"`
	Sensitive   bool   `json:"sensitive"`
	Required    bool   `json:"required"`
	Description string `json:"description"`
	Type        string `json:"type"`
	From        string `json:"from"` // default, env, varfile, cmd
	Place       Place  `json:"place"`
}

type Source struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Place Place  `json:"place"`
}

// Component is a source, provisioner or post-processor as one build has it.
type Component struct {
	Type        string           `json:"type"`
	Name        string           `json:"name"`
	Options     map[string]any   `json:"options"`
	Places      map[string]Place `json:"places"`
	Place       Place            `json:"place"`
	PauseBefore float64          `json:"pause_before"`
	Timeout     float64          `json:"timeout"`
	MaxRetries  int              `json:"max_retries"`
	Keep        *bool            `json:"keep_input_artifact"`
}

type Build struct {
	Name                    string        `json:"name"` // what -only and -except compare
	Label                   string        `json:"label"`
	Description             string        `json:"description"`
	Source                  Component     `json:"source"`
	Provisioners            []Component   `json:"provisioners"`
	ErrorCleanupProvisioner *Component    `json:"error_cleanup_provisioner"`
	PostProcessors          [][]Component `json:"post_processors"`
	Place                   Place         `json:"place"`
}

// Read answers a request; errors of all files come together, in the order of the files.
func Read(request *Request) *Answer {
	request.needs = map[string]Need{}
	answer := &Answer{}
	if request.Kind == "hcl2" {
		readHCL2(request, answer)
	} else {
		readLegacy(request, answer)
	}
	for _, need := range request.needs {
		answer.Needs = append(answer.Needs, need)
	}
	sort.Slice(answer.Needs, func(i, j int) bool {
		a, b := answer.Needs[i], answer.Needs[j]
		return a.What+a.Name < b.What+b.Name
	})
	answer.Errors = arranged(request, answer.Errors)
	answer.Warnings = arranged(request, answer.Warnings)
	return answer
}

// ask answers what the host said of something outside, or notes that it is to be asked for.
func (r *Request) ask(what, name string) (Known, bool) {
	key := what + ":" + name
	known, found := r.Known[key]
	if !found {
		r.needs[key] = Need{What: what, Name: name}
	}
	return known, found
}

// absolute is where a file function looks: from the template's folder, with ~ for the home folder.
func (r *Request) absolute(name string) string {
	name = r.expanded(name)
	if path.IsAbs(name) || windowsAbsolute(name) {
		return path.Clean(name)
	}
	return path.Join(r.Folder, name)
}

func (r *Request) expanded(name string) string {
	if name == "~" {
		return r.Home
	}
	if strings.HasPrefix(name, "~/") {
		return path.Join(r.Home, name[2:])
	}
	return name
}

func windowsAbsolute(name string) bool {
	return len(name) > 2 && name[1] == ':' && (name[2] == '/' || name[2] == '\\')
}

// arranged leaves each problem once, by file (as they were given), line and column.
func arranged(request *Request, problems []Problem) []Problem {
	order := map[string]int{}
	for _, file := range append(append([]File{}, request.Files...), request.VarFiles...) {
		if _, found := order[file.Name]; !found {
			order[file.Name] = len(order)
		}
	}
	seen := map[Problem]bool{}
	kept := []Problem{}
	for _, problem := range problems {
		if !seen[problem] {
			seen[problem] = true
			kept = append(kept, problem)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool {
		a, b := kept[i], kept[j]
		if a.File != b.File {
			return order[a.File] < order[b.File]
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return kept
}

// line is one line of a file of the request, from 1.
func (r *Request) line(name string, number int) string {
	for _, file := range append(append([]File{}, r.Files...), r.VarFiles...) {
		if file.Name == name {
			lines := strings.Split(file.Content, "\n")
			if number >= 1 && number <= len(lines) {
				return strings.TrimRight(lines[number-1], "\r")
			}
		}
	}
	return ""
}

func encoded(answer *Answer) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		failed := Problem{Summary: "The answer cannot be written", Detail: err.Error()}
		text.Reset()
		_ = encoder.Encode(&Answer{Errors: []Problem{failed}})
	}
	return text.Bytes()
}
