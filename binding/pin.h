// Pins: files in bpffs that refer to maps, programs or links.
#pragma once

#include <napi.h>

namespace node_libbpf {

enum class PinKind { kMap, kProgram, kLink };

// Returns 0 if the descriptor is of that kind, -EINVAL if it is of another, -ENODATA if /proc can't tell.
// Call it for every descriptor that was opened from a pin: the kernel fills bpf_map_info or bpf_link_info by
// the kind of the descriptor, and neither the kernel nor libbpf reports which one it filled.
int checkKind(int fd, PinKind kind);

void exportPin(Napi::Object exports);

}  // namespace node_libbpf
