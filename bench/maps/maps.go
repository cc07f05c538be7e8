// The cases of maps.c with cilium/ebpf, in its fastest variant: pointers to keys and values.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"
	"sort"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
)

type key struct {
	High, Low uint64
}

type value struct {
	Count, Bytes uint64
	Uid, Pid     uint32
	Comm         [16]byte
	Load         float64
	Reserved     [2]uint64
}

const (
	few   = 10000
	many  = 100000
	batch = 4096
	step  = 7919
)

var sum uint64

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func create(kind ebpf.MapType, keySize, valueSize, entries uint32) *ebpf.Map {
	created, err := ebpf.NewMap(&ebpf.MapSpec{Type: kind, KeySize: keySize, ValueSize: valueSize, MaxEntries: entries})
	check(err)
	return created
}

func smallMap(entries uint32) *ebpf.Map {
	created := create(ebpf.Hash, 4, 8, 2*many)
	for i := uint32(0); i < entries; i++ {
		value := uint64(i)
		check(created.Put(unsafe.Pointer(&i), unsafe.Pointer(&value)))
	}
	return created
}

func keyOf(i uint64) key {
	return key{High: i * 31, Low: i}
}

func largeMap(entries uint64) *ebpf.Map {
	created := create(ebpf.Hash, 16, 64, 2*many)
	for i := uint64(0); i < entries; i++ {
		key := keyOf(i)
		value := value{Count: i, Bytes: 2 * i, Uid: uint32(i), Pid: uint32(i), Load: float64(i)}
		copy(value.Comm[:], "bench")
		check(created.Put(unsafe.Pointer(&key), unsafe.Pointer(&value)))
	}
	return created
}

func lookupSmall(from *ebpf.Map) {
	var key uint32
	var value uint64
	for i := uint32(0); i < few; i++ {
		key = i * step % few
		check(from.Lookup(unsafe.Pointer(&key), unsafe.Pointer(&value)))
		sum += value
	}
}

func lookupLarge(from *ebpf.Map) {
	var key key
	var value value
	for i := uint64(0); i < few; i++ {
		key = keyOf(i * step % few)
		check(from.Lookup(unsafe.Pointer(&key), unsafe.Pointer(&value)))
		sum += value.Count
	}
}

func updateSmall(to *ebpf.Map) {
	var key uint32
	var value uint64
	for i := uint32(0); i < few; i++ {
		key, value = i*step%few, uint64(i)
		check(to.Put(unsafe.Pointer(&key), unsafe.Pointer(&value)))
	}
}

func deleteInsert(to *ebpf.Map) {
	var key uint32
	var value uint64
	for i := uint32(0); i < few; i++ {
		key = i * step % few
		value = uint64(key)
		check(to.Delete(unsafe.Pointer(&key)))
		check(to.Put(unsafe.Pointer(&key), unsafe.Pointer(&value)))
	}
}

// Per-CPU values can't be passed by pointer.
func lookupPerCpu(from *ebpf.Map) {
	var key uint32
	var values []uint64
	for i := uint32(0); i < few; i++ {
		key = i * step % few
		check(from.Lookup(unsafe.Pointer(&key), &values))
		for _, value := range values {
			sum += value
		}
	}
}

func nextKeys(of *ebpf.Map) {
	var previous, next [16]byte
	var from interface{}
	for {
		err := of.NextKey(from, unsafe.Pointer(&next))
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return
		}
		check(err)
		sum += uint64(*(*uint32)(unsafe.Pointer(&next)))
		previous = next
		from = unsafe.Pointer(&previous)
	}
}

func batchSmall(from *ebpf.Map) {
	keys, values := make([]uint32, batch), make([]uint64, batch)
	next := batches(from, new(uint32))
	walk(func() (int, error) {
		count, err := next(keys, values)
		for i := 0; i < count; i++ {
			sum += uint64(keys[i]) + values[i]
		}
		return count, err
	})
}

func batchLarge(from *ebpf.Map) {
	keys, values := make([]key, batch), make([]value, batch)
	next := batches(from, new(key))
	walk(func() (int, error) {
		count, err := next(keys, values)
		for i := 0; i < count; i++ {
			sum += keys[i].High + values[i].Count
		}
		return count, err
	})
}

func walk(next func() (int, error)) {
	for total := 0; ; {
		count, err := next()
		total += count
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			if total != many {
				log.Fatalf("%d of %d elements", total, many)
			}
			return
		}
		check(err)
	}
}

var figures = map[string]float64{}

// The median of several runs after a warm-up, per element of count.
func measure(name string, run func(*ebpf.Map), on *ebpf.Map, count int) {
	run(on)
	times := make([]float64, 7)
	for i := range times {
		start := time.Now()
		run(on)
		times[i] = float64(time.Since(start).Nanoseconds()) / float64(count)
	}
	sort.Float64s(times)
	figures[name] = times[3]
}

func main() {
	fewSmall, fewLarge, manySmall, manyLarge := smallMap(few), largeMap(few), smallMap(many), largeMap(many)
	array := create(ebpf.Array, 4, 8, few)
	perCpu := create(ebpf.PerCPUArray, 4, 8, few)

	measure("hash lookup, u32 to u64", lookupSmall, fewSmall, few)
	measure("hash lookup, 16 to 64 bytes", lookupLarge, fewLarge, few)
	measure("hash update", updateSmall, fewSmall, few)
	measure("hash delete and insert", deleteInsert, fewSmall, few)
	measure("array lookup", lookupSmall, array, few)
	measure("per-CPU array lookup", lookupPerCpu, perCpu, few)
	measure("next key, u32", nextKeys, manySmall, many)
	measure("next key, 16 bytes", nextKeys, manyLarge, many)
	measure("batch, u32 to u64", batchSmall, manySmall, many)
	measure("batch, 16 to 64 bytes", batchLarge, manyLarge, many)
	figures["sum"] = float64(sum)
	check(json.NewEncoder(os.Stdout).Encode(figures))
}
