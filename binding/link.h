// bpf_link: created by attaching a program, or opened from a pin.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "object.h"

namespace node_libbpf {

class Link {
 public:
  struct Destroy {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  using Pointer = std::unique_ptr<bpf_link, Destroy>;

  Link(Pointer link, std::shared_ptr<Object> object) : object_(std::move(object)), link_(std::move(link)) {}

  // Returns the link's descriptor, or -EOPNOTSUPP for USDT probes: their link in libbpf consists of several
  // and has no descriptor. bpf_link__fd() then returns 0, which is another file's; a real descriptor is never
  // that low (ensure_good_fd() in libbpf).
  int fd() const {
    const int fd = bpf_link__fd(link_.get());
    return fd <= STDERR_FILENO ? -EOPNOTSUPP : fd;
  }
  // Detaches the program, unless the link is pinned or has other references. Returns 0 or the -errno of
  // detaching. Call it once, as the last operation.
  int close() { return bpf_link__destroy(link_.release()); }

 private:
  std::shared_ptr<Object> object_;  // before link_: libbpf's link points to its program
  Pointer link_;
};

void exportLink(Napi::Object exports);

}  // namespace node_libbpf
