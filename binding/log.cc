#include "log.h"

#include <sys/mman.h>

#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

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
  std::string text(static_cast<size_t>(length), '\0');
  vsnprintf(text.data(), text.size() + 1, format, args);
  if (text.back() == '\n') text.pop_back();
  current->messages_.push_back({level, std::move(text)});
  return length;
}

VerifierLog::VerifierLog() {
  // kernel/bpf/log.c, bpf_verifier_log_attr_valid(): at most UINT_MAX >> 2 bytes, since Linux 5.2. Less is
  // taken only where the address space is limited.
  for (size_t size = UINT_MAX >> 2; size >= 1 << 20; size >>= 2) {
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

std::string VerifierLog::text() const {
  return data_ == nullptr ? std::string() : std::string(data_, strnlen(data_, size_));
}

}  // namespace node_libbpf
