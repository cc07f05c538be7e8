// Attaching a program by its descriptor: what needs no object of libbpf.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportAttachFd(Napi::Object exports);

}  // namespace node_libbpf
