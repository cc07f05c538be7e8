/*
 * A module of Node.js that makes the calling thread a user without privileges, who has some capabilities, and root again.
 * The other threads stay root, so what is tried must run on this one.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <node_api.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Not the functions of libc: those change all threads. */
static int become(long id, const uint64_t* effective) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  for (int i = 0; i < 2; i++)
    sets[i].effective = effective == NULL ? sets[i].permitted : (uint32_t)(*effective >> (32 * i));
  if (id == 0 && syscall(SYS_capset, &header, sets) != 0) return -1;
  /* A change of the user then changes no capability. */
  if (prctl(PR_SET_SECUREBITS, id == 0 ? 0 : SECBIT_NO_SETUID_FIXUP) != 0) return -1;
  if (syscall(SYS_setresgid, id, id, 0) != 0 || syscall(SYS_setgroups, 0, NULL) != 0) return -1;
  if (syscall(SYS_setresuid, id, id, 0) != 0) return -1;
  if (id != 0 && syscall(SYS_capset, &header, sets) != 0) return -1;
  /* Its own files in /proc stay its own. */
  return prctl(PR_SET_DUMPABLE, 1);
}

static napi_value finish(napi_env env, int result) {
  if (result != 0) napi_throw_error(env, NULL, strerror(errno));
  return NULL;
}

/* drop(effective): the set as a bigint. */
static napi_value drop(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  uint64_t effective;
  bool exact;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (napi_get_value_bigint_uint64(env, argument, &effective, &exact) != napi_ok) return NULL;
  return finish(env, become(NOBODY, &effective));
}

static napi_value restore(napi_env env, napi_callback_info info) {
  (void)info;
  return finish(env, become(0, NULL));
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "drop", NAPI_AUTO_LENGTH, drop, NULL, &function);
  napi_set_named_property(env, exports, "drop", function);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, restore, NULL, &function);
  napi_set_named_property(env, exports, "restore", function);
  return exports;
}
