// Batches of cilium/ebpf since 0.13.
package main

import "github.com/cilium/ebpf"

func batches(of *ebpf.Map, _ interface{}) func(keys, values interface{}) (int, error) {
	cursor := new(ebpf.MapBatchCursor)
	return func(keys, values interface{}) (int, error) {
		return of.BatchLookup(cursor, keys, values, nil)
	}
}
