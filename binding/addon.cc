// The addon's entry point.
#include <bpf/libbpf.h>
#include <napi.h>
#include <unistd.h>

#include "attach.h"
#include "attach_fd.h"
#include "btf.h"
#include "btf_search.h"
#include "environment.h"
#include "iterator.h"
#include "link.h"
#include "linker.h"
#include "log.h"
#include "map.h"
#include "object.h"
#include "perf_buffer.h"
#include "pin.h"
#include "poller.h"
#include "probe.h"
#include "program.h"
#include "ring_buffer.h"
#include "system.h"
#include "token.h"
#include "user_ring_buffer.h"

namespace node_libbpf {

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  LogScope::install();
  env.SetInstanceData(std::make_unique<Environment>().release());  // freed with the environment
  exports["libbpfVersion"] = Napi::String::New(env, libbpf_version_string());
#ifdef NODE_LIBBPF_SYSTEM_LIBBPF
  exports["libbpfLinkage"] = "system";
  exports["libbpfSources"] = "";
#else
  exports["libbpfLinkage"] = "bundled";
  exports["libbpfSources"] = NODE_LIBBPF_SOURCES;
#endif
  exports["possibleCpus"] = libbpf_num_possible_cpus();
  exports["pageSize"] = static_cast<double>(sysconf(_SC_PAGESIZE));
  exportObject(exports);
  exportProgram(exports);
  exportMap(exports);
  exportMapMaking(exports);
  exportAttach(exports);
  exportAttachFd(exports);
  exportLink(exports);
  exportPin(exports);
  exportIterator(exports);
  exportPoller(exports);
  exportRingBuffer(exports);
  exportPerfBuffer(exports);
  exportUserRingBuffer(exports);
  exportProbe(exports);
  exportToken(exports);
  exportBtf(exports);
  exportBtfSearch(exports);
  exportLinker(exports);
  exportSystem(exports);
  return exports;
}

}  // namespace

}  // namespace node_libbpf

Napi::Object Init(Napi::Env env, Napi::Object exports) { return node_libbpf::init(env, exports); }

NODE_API_MODULE(node_libbpf, Init)
