// What is in the kernel: objects by id, what is attached where, run statistics.
#pragma once

#include <napi.h>

namespace node_libbpf {

// Asks the kernel for the info of a descriptor: struct bpf_prog_info, bpf_map_info, bpf_link_info or
// bpf_btf_info, with zeros in what the caller does not set. `buffers` is a list of { pointer, count, element,
// bytes }: memory that the kernel fills, and the offsets in the struct of its address and of its number of
// elements. Returns the number of bytes that this kernel knows of the struct, or -errno.
int infoOf(int fd, const Napi::Value& info, const Napi::Value& buffers);

void exportSystem(Napi::Object exports);

}  // namespace node_libbpf
