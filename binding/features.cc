#include "features.h"

#include <atomic>
#include <cerrno>

namespace node_libbpf {

namespace {

thread_local FeatureQuestions* asking = nullptr;

}  // namespace

FeatureQuestions::FeatureQuestions() : outer_(asking) { asking = this; }

FeatureQuestions::~FeatureQuestions() { asking = outer_; }

}  // namespace node_libbpf

#ifndef NODE_LIBBPF_SYSTEM_LIBBPF

// bool feat_supported(struct kern_feature_cache*, enum kern_feature_id): features.c
extern "C" {
bool __real_feat_supported(void* cache, unsigned feature);
bool __wrap_feat_supported(void* cache, unsigned feature);
}

namespace {

// More than libbpf has features, of which 1.7 has 24.
constexpr unsigned kFeatures = 128;

// enum kern_feature_result
enum : int { kUnknown, kSupported, kMissing };

std::atomic<int> known[kFeatures];

// An answer without an errno.
constexpr int kRefused = -1;

// A kernel that lacks a feature refuses it by other numbers. EPERM says nothing of a feature either, but for
// want of a capability it does not pass: only not kept, since the limit on locked memory gives it too (before
// Linux 5.11).
bool passes(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == EINTR;
}

}  // namespace

bool __wrap_feat_supported(void* cache, unsigned feature) {
  // That of an object with a BPF token goes with the object.
  if (cache != nullptr || feature >= kFeatures) return __real_feat_supported(cache, feature);
  const int before = known[feature].load(std::memory_order_relaxed);
  if (before != kUnknown) return before == kSupported;
  const auto ask = [&] {
    // struct kern_feature_cache: the results, and no token. Used once.
    int fresh[kFeatures + 1] = {};
    errno = 0;
    return __real_feat_supported(fresh, feature) ? 0 : errno == 0 ? kRefused : errno;
  };
  int error = ask();
  // Whether it will be said again tells whose it is.
  if (error == EPERM || error == EACCES) error = ask();
  const bool supported = error == 0;
  if (passes(error)) {
    if (node_libbpf::asking != nullptr) node_libbpf::asking->fail(-error);
  } else if (error != EPERM && error != EACCES) {
    known[feature].store(supported ? kSupported : kMissing, std::memory_order_relaxed);
  }
  return supported;
}

#endif
