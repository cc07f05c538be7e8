// The cases of ring.c with cilium/ebpf. Its reader returns copies, in its own memory or in the caller's.
//
//	ring FOLDER drain SIZE read|into
//	ring FOLDER live SIZE
//	ring FOLDER latency
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"sort"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

const (
	repeats = 3
	ticks   = 1000
)

var sum uint64

// Referenced for the whole run: the finalizer of cilium/ebpf closes unreferenced objects.
var collection *ebpf.Collection

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func add16(record []byte) {
	sum += uint64(binary.LittleEndian.Uint32(record)) + uint64(binary.LittleEndian.Uint32(record[4:])) +
		binary.LittleEndian.Uint64(record[8:])
}

func add(record []byte) {
	sum += uint64(binary.LittleEndian.Uint32(record)) + uint64(binary.LittleEndian.Uint32(record[4:])) +
		uint64(binary.LittleEndian.Uint32(record[8:])) + uint64(binary.LittleEndian.Uint32(record[12:])) +
		binary.LittleEndian.Uint64(record[16:])
}

func adder(size string) func([]byte) {
	if size == "16" {
		return add16
	}
	return add
}

// Loads the object with one ring of the given size in bytes.
func load(size, program string, bytes uint32) (*ringbuf.Reader, string) {
	spec, err := ebpf.LoadCollectionSpec("ring.bpf.o")
	check(err)
	spec.Maps["ring"+size].MaxEntries = bytes
	for _, program := range spec.Programs {
		program.Flags |= unix.BPF_F_SLEEPABLE
	}
	collection, err = ebpf.NewCollection(spec)
	check(err)
	info, err := collection.Programs[program].Info()
	check(err)
	id, _ := info.ID()
	reader, err := ringbuf.NewReader(collection.Maps["ring"+size])
	check(err)
	return reader, fmt.Sprint(id)
}

type production struct {
	written, dropped uint64
}

func parse(output []byte) (made production) {
	_, err := fmt.Sscan(string(output), &made.written, &made.dropped)
	check(err)
	return made
}

func drain(size string, into bool) map[string]float64 {
	add := adder(size)
	reader, program := load(size, "produce"+size, 64<<20)
	var times []float64
	for i := -1; i < repeats; i++ {
		output, err := exec.Command("./producer", "fill", program).Output()
		check(err)
		written := parse(output).written
		var record ringbuf.Record
		start := time.Now()
		for count := uint64(0); count < written; count++ {
			if into {
				err = reader.ReadInto(&record)
			} else {
				record, err = reader.Read()
			}
			check(err)
			add(record.RawSample)
		}
		if i >= 0 {
			times = append(times, float64(time.Since(start).Nanoseconds())/float64(written))
		}
	}
	sort.Float64s(times)
	variant := "Read"
	if into {
		variant = "ReadInto"
	}
	return map[string]float64{fmt.Sprintf("drain, %s bytes (%s)", size, variant): times[repeats/2]}
}

func cpuTime() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

func live(size string) map[string]float64 {
	add := adder(size)
	reader, program := load(size, "produce"+size, 16<<20)
	command := exec.Command("./producer", "flood", program)
	pipe, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	cpu, start := cpuTime(), time.Now()
	made := make(chan production, 1)
	go func() {
		output := make([]byte, 64)
		length, err := pipe.Read(output)
		check(err)
		made <- parse(output[:length])
		check(command.Wait())
		// By now everything in the ring has been read; a reader ends only by being closed.
		time.Sleep(100 * time.Millisecond)
		reader.Close()
	}()
	var record ringbuf.Record
	var last time.Time
	count := uint64(0)
	for {
		if err := reader.ReadInto(&record); errors.Is(err, ringbuf.ErrClosed) {
			break
		} else {
			check(err)
		}
		add(record.RawSample)
		count++
		// Reading the clock for each record would cost as much as the record.
		if count%4096 == 0 {
			last = time.Now()
		}
	}
	cpu = cpuTime() - cpu
	result := <-made
	if count != result.written {
		log.Fatalf("%d of %d records", count, result.written)
	}
	name := fmt.Sprintf("end to end, %s bytes, ", size)
	return map[string]float64{
		name + "CPU":             cpu / float64(count),
		name + "dropped [%]":     100 * float64(result.dropped) / float64(result.written+result.dropped),
		name + "delivered [M/s]": float64(count) * 1e3 / float64(last.Sub(start).Nanoseconds()),
	}
}

func latency() map[string]float64 {
	reader, program := load("16", "tick", 4096)
	// Go has no fast call for the kernel's clock. Its own clock is as fast as C's, and counts from here.
	var clock unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &clock))
	start := time.Now()
	command := exec.Command("./producer", "tick", program)
	check(command.Start())
	times := make([]float64, ticks)
	var record ringbuf.Record
	for i := range times {
		check(reader.ReadInto(&record))
		now := clock.Nano() + time.Since(start).Nanoseconds()
		times[i] = float64(now) - float64(binary.LittleEndian.Uint64(record.RawSample[8:]))
	}
	check(command.Wait())
	sort.Float64s(times)
	return map[string]float64{
		"wake-up, half within": times[ticks/2],
		"wake-up, 99 % within": times[ticks*99/100],
	}
}

func main() {
	check(os.Chdir(os.Args[1]))
	var figures map[string]float64
	switch mode := os.Args[2]; mode {
	case "drain":
		figures = drain(os.Args[3], os.Args[4] == "into")
	case "live":
		figures = live(os.Args[3])
	case "latency":
		figures = latency()
	default:
		log.Fatal(mode)
	}
	figures["sum"] = float64(sum)
	check(json.NewEncoder(os.Stdout).Encode(figures))
}
