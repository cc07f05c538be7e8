// Where exceptions of the standard library end: nothing may be thrown into Node or through libbpf.
#pragma once

#include <exception>

namespace node_libbpf {

// What `work` returns; what `failed` does where it throws: for want of memory.
template <class Work, class Failed>
auto guarded(Work work, Failed failed) noexcept -> decltype(failed()) {
  try {
    return work();
  } catch (const std::exception&) {
    return failed();
  }
}

}  // namespace node_libbpf
