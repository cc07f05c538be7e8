// Names in bpffs, which hold maps, programs and links alike.
#pragma once

#include <napi.h>

namespace node_libbpf {

enum class PinKind { kMap, kLink };

// 0 if a descriptor is of that kind, -EINVAL if it is of another, -ENODATA where /proc can't tell. To be
// asked of whatever was opened from a pin: the kernel fills bpf_map_info and bpf_link_info by what the
// descriptor is, and neither it nor libbpf says which it was.
int checkKind(int fd, PinKind kind);

void exportPin(Napi::Object exports);

}  // namespace node_libbpf
