#include "iterator.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"
#include "jobs.h"
#include "link.h"

namespace node_libbpf {

namespace {

// Shares ownership of the descriptor. If it were closed during a read, the next read could use another
// file's.
class Read : public Job {
 public:
  Read(std::shared_ptr<Fd> iterator, size_t size) : iterator_(std::move(iterator)) {
    error = iterator_ == nullptr ? -EBADF : 0;
    if (error == 0) bytes_.resize(size);
  }

  void run() override {
    const ssize_t length = read(iterator_->get(), bytes_.data(), bytes_.size());
    error = length < 0 ? -errno : 0;
    bytes_.resize(length < 0 ? 0 : static_cast<size_t>(length));
    iterator_.reset();
  }

  Napi::Value toJs(Napi::Env env) override {
    if (error < 0) return status(env, error);
    return Napi::Buffer<char>::Copy(env, bytes_.data(), bytes_.size());
  }

 private:
  std::shared_ptr<Fd> iterator_;
  std::string bytes_;
};

// iterCreate(link): starts a run; returns its handle, or -errno
Napi::Value create(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const Link* link = environment.links.find(int32Of(info[0]));
  if (link == nullptr) return status(info.Env(), -EBADF);
  const LogScope silent(false);
  if (link->fd() < 0) return status(info.Env(), link->fd());
  auto iterator = std::make_shared<Fd>(bpf_iter_create(link->fd()));
  const int error = iterator->get();
  return status(info.Env(), error < 0 ? error : environment.iterators.add(std::move(iterator)));
}

// iterRead(iterator, size): returns a Promise of up to `size` bytes, none at the end, or of -errno
Napi::Value read(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  Jobs* jobs = environment.jobs(info.Env());
  if (jobs == nullptr) return status(info.Env(), -ENOMEM);
  std::shared_ptr<Fd> iterator = environment.iterators.share(int32Of(info[0]));
  return jobs->run(info.Env(), std::make_shared<Read>(std::move(iterator), uint32Of(info[1])));
}

// iterClose(iterator): returns 0 or -EBADF; a pending read ends first
Napi::Value close(const Napi::CallbackInfo& info) {
  return status(info.Env(), Environment::of(info.Env()).iterators.remove(int32Of(info[0])) ? 0 : -EBADF);
}

}  // namespace

void exportIterator(Napi::Object exports) {
  exportCall<create>(exports, "iterCreate");
  exportCall<read>(exports, "iterRead");
  exportCall<close>(exports, "iterClose");
}

}  // namespace node_libbpf
