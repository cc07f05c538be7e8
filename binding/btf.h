// BTF of the kernel, and conversion of BTF to C.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportBtf(Napi::Object exports);

}  // namespace node_libbpf
