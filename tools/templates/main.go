//go:build wasip1

// The reader of Packer's templates: one request in, one answer out, both JSON in the module's own memory.
//
// It opens no file and no connection. What a template asks for that the request does not hold (a file, a variable of
// the environment) comes back as a need; the host adds it and asks again.
package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"unsafe"
)

// Kept here so that the garbage collector leaves alone what the host writes into and reads from.
var given, made []byte

//go:wasmexport take
func take(size uint32) uint32 {
	given = make([]byte, size+1)
	return address(given)
}

// read answers the request that stands in the memory that take gave: address in the high half, length in the low one.
//
//go:wasmexport read
func read() uint64 {
	made = answerBytes(given[:len(given)-1])
	return uint64(address(made))<<32 | uint64(len(made))
}

func address(bytes []byte) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
}

func answerBytes(text []byte) (bytes []byte) {
	defer func() {
		if fault := recover(); fault != nil {
			bytes = encoded(&Answer{Errors: []Problem{{
				Summary: "The template reader failed",
				Detail:  fmt.Sprintf("%v\n%s", fault, debug.Stack()),
			}}})
		}
	}()
	request := &Request{}
	if err := json.Unmarshal(text, request); err != nil {
		return encoded(&Answer{Errors: []Problem{{Summary: "The request cannot be read", Detail: err.Error()}}})
	}
	return encoded(Read(request))
}

func main() {}
