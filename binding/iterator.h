// A run of an iterator. Its program runs inside read(2), on a thread, and may sleep there.
#pragma once

#include <napi.h>

namespace node_libbpf {

void exportIterator(Napi::Object exports);

}  // namespace node_libbpf
