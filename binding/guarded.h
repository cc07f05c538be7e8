// Stops exceptions of the standard library: none may propagate into Node.js or through libbpf.
#pragma once

#include <exception>

namespace node_libbpf {

// Returns the result of `work`, or of `failed` if `work` throws, which happens when memory is exhausted.
template <class Work, class Failed>
auto guarded(Work work, Failed failed) noexcept -> decltype(failed()) {
  try {
    return work();
  } catch (const std::exception&) {
    return failed();
  }
}

}  // namespace node_libbpf
