// Opens objects with cilium/ebpf; prints the nanoseconds for each, and how many can be opened.
package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/cilium/ebpf"
)

// Arguments: OBJECT...
func main() {
	paths := os.Args[1:]
	opened := []*ebpf.CollectionSpec{}
	start := time.Now()
	for _, path := range paths {
		if spec, err := ebpf.LoadCollectionSpec(path); err == nil {
			opened = append(opened, spec)
		}
	}
	each := float64(time.Since(start).Nanoseconds()) / float64(len(paths))
	figures := map[string]float64{"open": each, "opened [%]": 100 * float64(len(opened)) / float64(len(paths))}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
