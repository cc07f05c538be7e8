// Keeps profilers' signals away from a verification.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace node_libbpf {

// While an instance exists, no SIGPROF reaches this thread; what comes meanwhile is delivered afterwards. The
// kernel gives up a verification with EAGAIN when a signal arrives (do_check() in kernel/bpf/verifier.c), and
// libbpf tries five times: under `node --cpu-prof`, which sends a thousand in a second, a large program
// would never load.
class Unprofiled {
 public:
  Unprofiled() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~Unprofiled() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Unprofiled(const Unprofiled&) = delete;
  Unprofiled& operator=(const Unprofiled&) = delete;

 private:
  sigset_t before_;
};

}  // namespace node_libbpf
