// A file descriptor that its owner closes.
#pragma once

#include <unistd.h>

#include <utility>

namespace node_libbpf {

class Fd {
 public:
  Fd() = default;
  // Negative: no descriptor, or -errno instead of one.
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  // Gives up ownership.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace node_libbpf
