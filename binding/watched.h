// Opens objects over a map that the poller watches.
#pragma once

#include <napi.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "arguments.h"
#include "environment.h"
#include "map.h"

namespace node_libbpf {

// Opens `make(map, &error)` over the map that the first argument names, and calls `watch(poller, fd, handle)`
// to add it to the poller. Returns the handle in the environment's table `kTable`, or -errno.
template <auto kTable, class Make, class Watch>
Napi::Value openWatched(const Napi::CallbackInfo& info, Make make, Watch watch) {
  Environment& environment = Environment::of(info.Env());
  std::shared_ptr<Map> map = environment.maps.share(int32Of(info[0]));
  if (map == nullptr) return status(info.Env(), -EBADF);
  int error = 0;
  Poller* poller = environment.poller(info.Env(), &error);
  if (poller == nullptr) return status(info.Env(), error);
  const auto opened = make(std::move(map), &error);
  if (opened == nullptr) return status(info.Env(), error);
  const int32_t handle = (environment.*kTable).add(opened);
  if (handle < 0) return status(info.Env(), handle);
  error = watch(*poller, opened->fd(), handle);
  if (error < 0) (environment.*kTable).remove(handle);
  return status(info.Env(), error < 0 ? error : handle);
}

}  // namespace node_libbpf
