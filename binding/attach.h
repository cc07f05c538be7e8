// Attaching through libbpf.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportAttach(Napi::Object exports);

}  // namespace node_libbpf
