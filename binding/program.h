// bpf_program: its id in the kernel and its test runs. link.cc attaches programs.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportProgram(Napi::Object exports);

}  // namespace node_libbpf
