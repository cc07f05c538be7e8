/*
 * Loads each program of an object on its own with libbpf, and prints a line for each: its name, the errno or 0, and the
 * number of instructions that the verifier processed, or -. Programs of sections that libbpf does not know are left out.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char verifier_log[1 << 20];

static int silent(enum libbpf_print_level level, const char* format, va_list arguments) {
  (void)level, (void)format, (void)arguments;
  return 0;
}

static void load_alone(const char* path, const char* name) {
  struct bpf_object* object = bpf_object__open_file(path, NULL);
  struct bpf_program* program;

  if (!object) exit(1);
  bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
  program = bpf_object__find_program_by_name(object, name);
  bpf_program__set_autoload(program, true);
  bpf_program__set_log_level(program, 4);
  bpf_program__set_log_buf(program, verifier_log, sizeof verifier_log);
  verifier_log[0] = 0;
  if (bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC) {
    int status = bpf_object__load(object);
    const char* processed = strstr(verifier_log, "processed ");
    if (status == 0 && processed)
      printf("%s 0 %ld\n", name, strtol(processed + strlen("processed "), NULL, 10));
    else
      printf("%s %d -\n", name, -status);
  }
  bpf_object__close(object);
}

int main(int argc, char** argv) {
  struct bpf_object* object;
  struct bpf_program* program;

  if (argc != 2) return 2;
  libbpf_set_print(silent);
  object = bpf_object__open_file(argv[1], NULL);
  if (!object) return 1;
  bpf_object__for_each_program(program, object) load_alone(argv[1], bpf_program__name(program));
  bpf_object__close(object);
  return 0;
}
