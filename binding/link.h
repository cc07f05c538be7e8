// bpf_link: made by attaching a program or opened from a pin.
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

  // The link's descriptor, or -EOPNOTSUPP: libbpf's link of USDT probes is several, and has none. It says 0
  // there, which is another file's; no link that has one has as low a one (ensure_good_fd() in libbpf).
  int fd() const {
    const int fd = bpf_link__fd(link_.get());
    return fd <= STDERR_FILENO ? -EOPNOTSUPP : fd;
  }
  // Detaches, unless it is pinned or somebody else has it: 0 or -errno of that. To be called once, and last.
  int close() { return bpf_link__destroy(link_.release()); }

 private:
  std::shared_ptr<Object> object_;  // before link_: libbpf's link points to its program
  Pointer link_;
};

void exportLink(Napi::Object exports);

}  // namespace node_libbpf
