// libbpf's questions to the kernel: which features has it? libbpf keeps the answers for the life of the
// process, and takes an error that passes (too many open files, no memory) for a "no": from then on every
// load goes without the feature. So its feat_supported() is wrapped when it is linked (CMakeLists.txt): such
// an answer is not kept, and is told.
#pragma once

namespace node_libbpf {

// While it lives, notes what came between a question on this thread and its answer. Nothing with the system's
// libbpf, whose calls within itself can't be wrapped.
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
