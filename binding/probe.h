// Asks the kernel whether it would take a program, by loading the shortest one there is. Nothing is attached.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportProbe(Napi::Object exports);

}  // namespace node_libbpf
