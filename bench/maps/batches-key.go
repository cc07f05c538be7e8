// Batches of cilium/ebpf before 0.13.
package main

import "github.com/cilium/ebpf"

func batches(of *ebpf.Map, cursor interface{}) func(keys, values interface{}) (int, error) {
	var previous interface{}
	return func(keys, values interface{}) (int, error) {
		count, err := of.BatchLookup(previous, cursor, keys, values, nil)
		previous = cursor
		return count, err
	}
}
