// bpf_program: its kernel identity and test runs. Attaching is in link.cc.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportProgram(Napi::Object exports);

}  // namespace node_libbpf
