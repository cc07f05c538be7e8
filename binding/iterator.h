// A run of an iterator: its program runs inside read(2), on a thread, where it may sleep.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportIterator(Napi::Object exports);

}  // namespace node_libbpf
