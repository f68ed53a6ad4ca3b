package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is a value of a JSON text with its place, which encoding/json does not keep.
type node struct {
	value  any // string, json.Number, bool, nil; *object; []*node
	offset int
}

type object struct {
	keys    []string
	members map[string]*node
	places  map[string]int // where each key stands
}

func (n *node) object() *object { made, _ := n.value.(*object); return made }

type syntaxError struct {
	text   string
	offset int
}

type jsonReader struct {
	text    string
	decoder *json.Decoder
	faults  []syntaxError
}

// readJSON reads one value; faults are a mistake in the syntax (the first alone can be known) or repeated keys.
func readJSON(text string) (*node, []syntaxError) {
	r := &jsonReader{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	r.decoder.UseNumber()
	made, err := r.value()
	if err == nil {
		end := r.start()
		if _, err = r.decoder.Token(); err == nil {
			err = fmt.Errorf("something follows the end of the template")
			r.faults = append(r.faults, syntaxError{err.Error(), end})
			err = nil
		}
	}
	if err != nil && !errors.Is(err, io.EOF) || made == nil {
		offset := r.start()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			offset = max(offset, int(syntax.Offset)-1)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("the text ends too early")
			offset = len(strings.TrimRight(text, " \t\r\n")) - 1
		}
		return nil, append(r.faults, syntaxError{err.Error(), max(offset, 0)})
	}
	return made, r.faults
}

// start is where the next token begins.
func (r *jsonReader) start() int {
	at := int(r.decoder.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) value() (*node, error) {
	made := &node{offset: r.start()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		inner := &object{members: map[string]*node{}, places: map[string]int{}}
		made.value = inner
		for r.decoder.More() {
			at := r.start()
			key, err := r.decoder.Token()
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			member, err := r.value()
			if err != nil {
				return nil, err
			}
			if _, found := inner.members[name]; found {
				r.faults = append(r.faults, syntaxError{fmt.Sprintf("%q stands twice in this object", name), at})
			} else {
				inner.keys = append(inner.keys, name)
			}
			inner.members[name], inner.places[name] = member, at
		}
		_, err = r.decoder.Token()
	case json.Delim('['):
		list := []*node{}
		for r.decoder.More() {
			element, err := r.value()
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		made.value = list
		_, err = r.decoder.Token()
	default:
		made.value = token
	}
	return made, err
}

// position turns an offset into line and column (in characters), both from 1.
func position(text string, offset int) (line, column int) {
	before := []byte(text[:min(offset, len(text))])
	line = bytes.Count(before, []byte("\n")) + 1
	return line, len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
}

func kindOf(n *node) string {
	switch n.value.(type) {
	case *object:
		return "an object"
	case []*node:
		return "a list"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	}
	return "null"
}
