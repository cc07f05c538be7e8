// bpf_link: created by attaching a program, or opened from a pin.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include "fd.h"
#include "object.h"

namespace node_libbpf {

// An attachment of a program or of a struct_ops map: libbpf's link, a link that this library made itself, or
// something older that has no link in the kernel.
class Link {
 public:
  struct Destroy {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  using Pointer = std::unique_ptr<bpf_link, Destroy>;
  // Returns 0 or -errno.
  using Detach = std::function<int()>;

  // kMap: of a struct_ops map without BPF_F_LINK; libbpf's descriptor is that of the map.
  enum class Of { kProgram, kStructOps, kMap };

  Link(Pointer link, std::shared_ptr<Object> object, Of of = Of::kProgram)
      : object_(std::move(object)), link_(std::move(link)), of_(of) {}
  explicit Link(Fd link) : own_(std::move(link)) {}
  explicit Link(Detach detach) : detach_(std::move(detach)) {}

  // Returns the link's descriptor, or -EOPNOTSUPP for what the kernel has no single link for, such as USDT
  // probes: their link in libbpf consists of several and has no descriptor. bpf_link__fd() then returns 0,
  // which is another file's; a real descriptor is never that low (ensure_good_fd() in libbpf).
  int fd() const {
    const int fd = link_ == nullptr ? own_.get() : of_ != Of::kMap ? bpf_link__fd(link_.get()) : -1;
    return fd <= STDERR_FILENO ? -EOPNOTSUPP : fd;
  }
  // Detaches the program, whatever else refers to it. Returns 0 or -errno: the program is attached then, and
  // the call can be repeated; -EOPNOTSUPP if only closing the last reference detaches this link.
  int detach() {
    if (detach_ == nullptr) return fd() < 0 ? fd() : bpf_link_detach(fd());
    const int error = detach_();
    if (error == 0) detach_ = nullptr;
    return error;
  }
  // Detaches the program, unless the link is pinned or has other references. Returns 0 or the -errno of
  // detaching. Call it once, as the last operation.
  int close() {
    own_ = Fd();
    if (detach_ != nullptr) return std::exchange(detach_, nullptr)();
    return bpf_link__destroy(link_.release());
  }
  // libbpf's link of a struct_ops map that it attached, or null.
  bpf_link* structOps() const { return of_ == Of::kStructOps ? link_.get() : nullptr; }
  // Leaves the program attached when the link is closed: the kernel detaches it when the process ends, unless
  // the attachment belongs to something else.
  void disconnect() {
    own_.release();
    detach_ = nullptr;
    if (link_ != nullptr) bpf_link__disconnect(link_.get());
  }

 private:
  std::shared_ptr<Object> object_;  // before link_: libbpf's link points to its program
  Pointer link_;
  Of of_ = Of::kProgram;
  Fd own_;
  Detach detach_;
};

void exportLink(Napi::Object exports);

}  // namespace node_libbpf
