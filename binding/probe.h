// Tests whether the kernel accepts a kind of program, by loading the shortest program. Attaches nothing.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportProbe(Napi::Object exports);

}  // namespace node_libbpf
