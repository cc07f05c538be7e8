/*
 * Opens, loads and attaches BPF objects with plain libbpf calls, as any C program would.
 * test/selftests/ours.ts does the same through node-libbpf, and compare.ts compares.
 *
 *   peer open FILE...           opens only
 *   peer whole FILE...          opens, loads, attaches the object as it is
 *   peer each FILE...           the same, and then each program alone that this has not loaded, all others
 * with autoload off peer log FILE PROGRAM LEVEL prints the verifier's log of one program, loaded alone
 *
 * A line of JSON for each load: the errnos (0 if it worked) of opening, loading, and of attaching each
 * program and struct_ops map; what was not tried is left out. Each object has a process of its own, so that
 * one that crashes or hangs is a line too: "died" with the signal.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 120, LOG_SIZE = 1 << 24, MOST_PROGRAMS = 4096 };

/* Whether the object as it is loaded each program: struct_ops programs are loaded with their maps. */
static int loaded[MOST_PROGRAMS];

static int quiet(enum libbpf_print_level level, const char* format, va_list arguments) {
  (void)level, (void)format, (void)arguments;
  return 0;
}

static void print_attached(const char* separator, const char* name, struct bpf_link* link) {
  printf("%s\"%s\":%d", separator, name, link == NULL ? -errno : 0);
  bpf_link__destroy(link);
}

static void attach(struct bpf_object* object) {
  const char* separator = "";
  struct bpf_program* program;
  printf(",\"attach\":{");
  bpf_object__for_each_program(program, object) {
    // Programs of a struct_ops map are attached with it, and those with autoload off can't be.
    if (bpf_program__fd(program) < 0 || bpf_program__type(program) == BPF_PROG_TYPE_STRUCT_OPS) continue;
    print_attached(separator, bpf_program__name(program), bpf_program__attach(program));
    separator = ",";
  }
  separator = "";
  struct bpf_map* map;
  printf("},\"maps\":{");
  bpf_object__for_each_map(map, object) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS || bpf_map__fd(map) < 0) continue;
    print_attached(separator, bpf_map__name(map), bpf_map__attach_struct_ops(map));
    separator = ",";
  }
  printf("}");
}

static void unpin(struct bpf_object* object) {
  struct bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__is_pinned(map)) bpf_map__unpin(map, NULL);
  }
}

static void autoload_only(struct bpf_object* object, const char* name) {
  struct bpf_program* program;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, strcmp(bpf_program__name(program), name) == 0);
  }
}

static void note_loaded(struct bpf_object* object) {
  struct bpf_program* program;
  int index = 0;
  bpf_object__for_each_program(program, object) {
    if (index < MOST_PROGRAMS) loaded[index++] = bpf_program__fd(program) >= 0;
  }
}

/* Loads an object, or one program of it, attaches, and closes it. */
static void load(const char* file, const char* name, const char* program) {
  printf("{\"object\":\"%s\",\"program\":\"%s\"", name, program == NULL ? "" : program);
  struct bpf_object* object = bpf_object__open_file(file, NULL);
  printf(",\"open\":%d", object == NULL ? -errno : 0);
  if (object != NULL) {
    if (program != NULL) autoload_only(object, program);
    int status = bpf_object__load(object);
    printf(",\"load\":%d", status);
    if (program == NULL) note_loaded(object);
    // Attaching may end this process.
    fflush(stdout);
    if (status == 0) attach(object);
    unpin(object);
    bpf_object__close(object);
  }
  printf("}\n");
  fflush(stdout);
}

static void load_whole(const char* file, const char* name) { load(file, name, NULL); }

static void load_each(const char* file, const char* name) {
  load(file, name, NULL);
  struct bpf_object* object = bpf_object__open_file(file, NULL);
  struct bpf_program* program;
  if (object == NULL) return;
  int index = 0;
  bpf_object__for_each_program(program, object) {
    if (index < MOST_PROGRAMS && !loaded[index++]) load(file, name, bpf_program__name(program));
  }
  bpf_object__close(object);
}

static void open_only(const char* file, const char* name) {
  struct bpf_object* object = bpf_object__open_file(file, NULL);
  printf("{\"object\":\"%s\",\"program\":\"\",\"open\":%d}\n", name, object == NULL ? -errno : 0);
  bpf_object__close(object);
}

static int print_log(const char* file, const char* name, int level) {
  char* log = calloc(1, LOG_SIZE);
  struct bpf_object* object = bpf_object__open_file(file, NULL);
  if (log == NULL || object == NULL) return 1;
  autoload_only(object, name);
  struct bpf_program* program = bpf_object__find_program_by_name(object, name);
  bpf_program__set_log_buf(program, log, LOG_SIZE);
  bpf_program__set_log_level(program, level);
  bpf_object__load(object);
  fputs(log, stdout);
  return 0;
}

/* The file's name without its folder and its endings. */
static const char* name_of(const char* file) {
  static char name[256];
  const char* slash = strrchr(file, '/');
  snprintf(name, sizeof name, "%s", slash == NULL ? file : slash + 1);
  name[strcspn(name, ".")] = 0;
  return name;
}

static void apart(const char* file, void (*work)(const char* file, const char* name)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(SECONDS);
    work(file, name_of(file));
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) exit(1);
  if (WIFSIGNALED(status))
    printf("\n{\"object\":\"%s\",\"program\":\"\",\"died\":%d}\n", name_of(file), WTERMSIG(status));
}

int main(int argc, char** argv) {
  libbpf_set_print(quiet);
  if (argc == 5 && strcmp(argv[1], "log") == 0) return print_log(argv[2], argv[3], atoi(argv[4]));
  if (argc < 3) return 2;
  int is_whole = strcmp(argv[1], "whole") == 0, is_each = strcmp(argv[1], "each") == 0;
  for (int index = 2; index < argc; index++) {
    apart(argv[index], is_each ? load_each : is_whole ? load_whole : open_only);
  }
  return 0;
}
