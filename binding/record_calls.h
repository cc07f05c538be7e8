// The native calls that ring buffers and perf buffers share.
#pragma once

#include <napi.h>

#include <cerrno>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fields.h"

namespace node_libbpf {

// The calls for a T whose handles are in the environment's table `kTable`.
template <class T, auto kTable>
class RecordCalls {
 public:
  static void exportTo(Napi::Object exports, const std::string& prefix) {
    exportCall<memory>(exports, (prefix + "Memory").c_str());
    exportCall<take>(exports, (prefix + "Take").c_str());
    exportCall<giveBack>(exports, (prefix + "GiveBack").c_str());
    exportCall<pending>(exports, (prefix + "Pending").c_str());
    exportCall<stats>(exports, (prefix + "Stats").c_str());
  }

 private:
  static T* find(const Napi::CallbackInfo& info) {
    return (Environment::of(info.Env()).*kTable).find(int32Of(info[0]));
  }

  // memory(handle): returns { data, table }, or -errno
  static Napi::Value memory(const Napi::CallbackInfo& info) {
    T* records = find(info);
    if (records == nullptr) return status(info.Env(), -EBADF);
    const Napi::Value data = records->data(info.Env());
    const Napi::Value table = records->table(info.Env());
    if (data.IsEmpty() || table.IsEmpty()) return status(info.Env(), -ENOMEM);
    return Reply(info.Env()).set("data", data).set("table", table);
  }

  // take(handle, limit): returns a number of records, or -errno
  static Napi::Value take(const Napi::CallbackInfo& info) {
    T* records = find(info);
    return status(info.Env(), records == nullptr ? -EBADF : records->take(uint32Of(info[1])));
  }

  // giveBack(handle, done): returns 0 or -EBADF
  static Napi::Value giveBack(const Napi::CallbackInfo& info) {
    T* records = find(info);
    if (records != nullptr) records->giveBack(uint32Of(info[1]));
    return status(info.Env(), records == nullptr ? -EBADF : 0);
  }

  // pending(handle): returns a number of records, or -errno
  static Napi::Value pending(const Napi::CallbackInfo& info) {
    T* records = find(info);
    return status(info.Env(), records == nullptr ? -EBADF : static_cast<int32_t>(records->pending()));
  }

  // stats(handle, stats: Float64Array): returns 0 or -errno
  static Napi::Value stats(const Napi::CallbackInfo& info) {
    T* records = find(info);
    if (records == nullptr) return status(info.Env(), -EBADF);
    const Memory stats = memoryOf<napi_float64_array, sizeof(double)>(info[1]);
    if (stats.size < T::kStats * sizeof(double)) return status(info.Env(), -EINVAL);
    records->stats(reinterpret_cast<double*>(stats.data));
    return status(info.Env(), 0);
  }
};

}  // namespace node_libbpf
