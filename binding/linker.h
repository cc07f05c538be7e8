// libbpf's linker: combines several objects into one.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportLinker(Napi::Object exports);

}  // namespace node_libbpf
