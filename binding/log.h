// libbpf's messages. libbpf has one print callback for the whole process; a thread-local sink assigns every
// message to the operation that caused it, in any thread and environment.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <vector>

namespace node_libbpf {

struct Message {
  int level;  // enum libbpf_print_level
  std::string text;
};

// While an instance exists, collects libbpf's messages on this thread. Without an instance they are dropped,
// and never go to stderr.
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
  bool verbose_;  // include debug messages: a CO-RE load has thousands
  std::vector<Message> messages_;
};

// Memory for one verifier log. Maps as much as the longest useful log needs; untouched pages cost nothing. So
// the log is complete, and no second load with a larger buffer is needed (libbpf does not retry on ENOSPC if
// the caller sets a buffer).
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
