// libbpf's messages. Its print callback is one for the whole process; a thread-local sink gives every message
// to the operation that caused it, whichever thread and environment that runs in.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <vector>

namespace node_libbpf {

struct Message {
  int level;  // enum libbpf_print_level
  std::string text;
};

// While it lives, libbpf's messages on this thread are collected here. Without one they are dropped: never
// stderr.
class LogScope {
 public:
  explicit LogScope(bool verbose);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  std::vector<Message> take() { return std::move(messages_); }

  static void install();

 private:
  static int print(enum libbpf_print_level level, const char* format, va_list args);

  LogScope* outer_;
  bool verbose_;  // debug messages too: there are thousands in a CO-RE load
  std::vector<Message> messages_;
};

// Memory for one verifier log. What the longest useful log needs is mapped at once, untouched pages cost
// nothing: so the log is whole, and no second load with a larger buffer is needed (libbpf does not retry on
// ENOSPC when it is given a buffer).
class VerifierLog {
 public:
  VerifierLog();
  ~VerifierLog();
  VerifierLog(const VerifierLog&) = delete;
  VerifierLog& operator=(const VerifierLog&) = delete;

  char* data() const { return data_; }
  size_t size() const { return size_; }
  size_t length() const;  // up to the NUL

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace node_libbpf
