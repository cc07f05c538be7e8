// bpf_link: made by attaching a program or opened from a pin.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>

#include "object.h"

namespace node_libbpf {

class Link {
 public:
  Link(bpf_link* link, std::shared_ptr<Object> object) : object_(std::move(object)), link_(link) {}

  bpf_link* get() const { return link_.get(); }

 private:
  struct Destroy {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };

  std::shared_ptr<Object> object_;  // before link_: libbpf's link points to its program
  std::unique_ptr<bpf_link, Destroy> link_;
};

void exportLink(Napi::Env env, Napi::Object exports);

}  // namespace node_libbpf
