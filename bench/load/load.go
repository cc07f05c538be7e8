// Opens, loads and attaches an object with cilium/ebpf, TIMES times; prints the nanoseconds of each part.
package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func run(path string) [3]int64 {
	start := time.Now()
	spec, err := ebpf.LoadCollectionSpec(path)
	check(err)
	opened := time.Now()
	collection, err := ebpf.NewCollection(spec)
	check(err)
	loaded := time.Now()
	links := []link.Link{}
	for name, program := range collection.Programs {
		_, tracepoint, _ := strings.Cut(spec.Programs[name].SectionName, "/")
		attached, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: tracepoint, Program: program})
		check(err)
		links = append(links, attached)
	}
	attached := time.Now()
	// Newest first: any other order waits for a grace period.
	for i := len(links) - 1; i >= 0; i-- {
		links[i].Close()
	}
	collection.Close()
	return [3]int64{opened.Sub(start).Nanoseconds(), loaded.Sub(opened).Nanoseconds(), attached.Sub(loaded).Nanoseconds()}
}

// Arguments: OBJECT TIMES
func main() {
	times, err := strconv.Atoi(os.Args[2])
	check(err)
	results := [][3]int64{}
	for i := 0; i < times; i++ {
		if i > 0 {
			// An attach soon after the last detach would wait for its grace period.
			time.Sleep(50 * time.Millisecond)
		}
		results = append(results, run(os.Args[1]))
	}
	check(json.NewEncoder(os.Stdout).Encode(results))
}
