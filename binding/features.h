// libbpf probes the kernel's features and caches the results for the life of the process. It treats a
// temporary error (too many open files, no memory) as "not supported", and every later load then lacks the
// feature. The build therefore wraps its feat_supported() at link time (CMakeLists.txt): such a result is
// reported, and not cached.
#pragma once

namespace node_libbpf {

// While an instance exists, records the temporary error of a probe on this thread. Has no effect with the
// system's libbpf, whose internal calls can't be wrapped.
class FeatureQuestions {
 public:
  FeatureQuestions();
  ~FeatureQuestions();
  FeatureQuestions(const FeatureQuestions&) = delete;
  FeatureQuestions& operator=(const FeatureQuestions&) = delete;

  int error() const { return error_; }  // 0 or -errno
  void fail(int error) { error_ = error; }

 private:
  int error_ = 0;
  FeatureQuestions* outer_;
};

}  // namespace node_libbpf
