#include "log.h"

#include <sys/mman.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "guarded.h"

namespace node_libbpf {

namespace {
thread_local LogScope* current = nullptr;
}

void LogScope::install() {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(print); });
}

LogScope::LogScope(bool verbose) : outer_(current), verbose_(verbose) { current = this; }

LogScope::~LogScope() { current = outer_; }

int LogScope::print(enum libbpf_print_level level, const char* format, va_list args) {
  if (current == nullptr || (level == LIBBPF_DEBUG && !current->verbose_)) return 0;
  va_list again;
  va_copy(again, args);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  const auto keep = [&] {
    std::string text(static_cast<size_t>(length), '\0');
    vsnprintf(text.data(), text.size() + 1, format, args);
    if (text.back() == '\n') text.pop_back();
    current->messages_.push_back({level, std::move(text)});
    return length;
  };
  return guarded(keep, [] { return 0; });
}

VerifierLog::VerifierLog() {
  // A million instructions, the verifier's limit, produce some 200 MiB. The kernel accepts 1 GiB
  // (bpf_verifier_log_attr_valid), which Linux 5.10 can fill with its precision tracking; no string in
  // JavaScript is that long. Falls back to less only if the address space is limited.
  for (size_t size = size_t{1} << 28; size >= size_t{1} << 20; size >>= 1) {
    void* memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    data_ = static_cast<char*>(memory);
    size_ = size;
    return;
  }
}

VerifierLog::~VerifierLog() {
  if (data_ != nullptr) munmap(data_, size_);
}

size_t VerifierLog::length() const { return data_ == nullptr ? 0 : strnlen(data_, size_); }

}  // namespace node_libbpf
