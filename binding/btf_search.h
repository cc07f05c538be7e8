// The kernel's BTF in place, and searches of its hundred thousand types.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportBtfSearch(Napi::Object exports);

}  // namespace node_libbpf
