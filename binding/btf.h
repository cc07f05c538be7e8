// BTF of the kernel, and BTF as C.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportBtf(Napi::Object exports);

}  // namespace node_libbpf
