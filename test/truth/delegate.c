/*
 * Runs a command in a user namespace of its own, as root there, with a bpffs that delegates everything: what a manager of
 * containers does for BPF tokens. The bpffs is made in the namespace and given its rights outside of it.
 *   delegate DIRECTORY COMMAND [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int ok, const char* what) {
  if (ok) return;
  fprintf(stderr, "delegate: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void write_file(pid_t pid, const char* name, const char* text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
  close(fd);
}

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(sizeof(int))];
};

static void send_fd(int socket, int fd) {
  union control control = {.header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS}};
  struct iovec byte = {"", 1};
  struct msghdr message = {
      .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
  need(sendmsg(socket, &message, 0) == 1, "sendmsg");
}

static int receive_fd(int socket) {
  union control control;
  char got;
  struct iovec byte = {&got, 1};
  struct msghdr message = {
      .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  need(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1, "recvmsg");
  int fd;
  memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
  return fd;
}

/* A byte from the other side. */
static void wait_for(int socket) {
  char byte;
  need(read(socket, &byte, 1) == 1, "read");
}

static void tell(int socket) { need(write(socket, "", 1) == 1, "write"); }

static void inside(int socket, const char* directory, char** command) {
  need(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0, "unshare");
  tell(socket);
  wait_for(socket); /* the ids are mapped */
  int fs = (int)syscall(SYS_fsopen, "bpf", FSOPEN_CLOEXEC);
  need(fs >= 0, "fsopen");
  send_fd(socket, fs);
  wait_for(socket); /* the bpffs is made */
  int mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
  need(mount >= 0, "fsmount");
  need(syscall(SYS_move_mount, mount, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH) == 0, "move_mount");
  execvp(command[0], command);
  need(0, command[0]);
}

int main(int argc, char** argv) {
  static const char* rights[] = {"delegate_cmds", "delegate_maps", "delegate_progs", "delegate_attachs"};
  int sockets[2];
  if (argc < 3) return 125;
  need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0, "socketpair");
  pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) inside(sockets[1], argv[1], argv + 2);
  close(sockets[1]);
  wait_for(sockets[0]);
  write_file(child, "uid_map", "0 0 65536\n");
  write_file(child, "gid_map", "0 0 65536\n");
  tell(sockets[0]);
  int fs = receive_fd(sockets[0]);
  for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
    need(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, rights[i], "any", 0) == 0, rights[i]);
  need(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0, "fsconfig");
  tell(sockets[0]);
  int status;
  need(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
