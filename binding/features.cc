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

// bool feat_supported(struct kern_feature_cache*, enum kern_feature_id), in libbpf's features.c
// NOLINTBEGIN(bugprone-reserved-identifier): the linker makes these names of the wrapped one
extern "C" {
bool __real_feat_supported(void* cache, unsigned feature);
bool __wrap_feat_supported(void* cache, unsigned feature);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {

// Larger than libbpf's number of features; libbpf 1.7 has 24.
constexpr unsigned kFeatures = 128;

// enum kern_feature_result
enum : int { kUnknown, kSupported, kMissing };

std::atomic<int> known[kFeatures];

// The probe failed without an errno.
constexpr int kRefused = -1;

// Temporary errors; a kernel that lacks a feature returns others. EPERM says nothing about a feature either,
// but a missing capability is not temporary. It is only not cached, because the limit on locked memory also
// causes it (before Linux 5.11).
bool passes(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == EINTR ||
         error == EBUSY;
}

}  // namespace

bool __wrap_feat_supported(void* cache, unsigned feature) {
  // The cache of an object with a BPF token is freed with the object.
  if (cache != nullptr || feature >= kFeatures) return __real_feat_supported(cache, feature);
  const int before = known[feature].load(std::memory_order_relaxed);
  if (before != kUnknown) return before == kSupported;
  const auto ask = [&] {
    // Has the layout of struct kern_feature_cache: the results, and no token. Used once.
    int fresh[kFeatures + 1] = {};
    errno = 0;
    return __real_feat_supported(fresh, feature) ? 0 : errno == 0 ? kRefused : errno;
  };
  int error = ask();
  // Probe again: only a permanent EPERM repeats.
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
