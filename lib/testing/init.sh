#!/bin/sh
# The guest's first process. The harness puts it into the initramfs as /init, beside
#   /vm/command   a script: what to run
#   /vm/collect   one path a line: what to send back
# Ports: ttyS1 the command's stdout, ttyS2 its stderr, ttyS3 the report (read by report.ts);
# the console is ttyS0 or ttyAMA0.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

# What a run has put at an applet's place stays.
/bin/busybox --install -s /bin 2>/dev/null
mount -t devtmpfs dev /dev
exec </dev/null >/dev/console 2>&1
mkdir -p /dev/pts /dev/shm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t bpf -o mode=700 bpf /sys/fs/bpf
mount -t securityfs security /sys/kernel/security
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
mount -t cgroup2 cgroup /sys/fs/cgroup
ln -s /proc/self/fd /dev/fd
hostname vm
ip link set lo up

for port in 1 2 3; do stty -F /dev/ttyS$port raw -echo clocal 115200; done
exec 9>/dev/ttyS3
echo ready >&9

# Through pipes, so that the command does not take the ports for a terminal.
mkfifo /vm/stdout /vm/stderr
cat /vm/stdout 9>&- >/dev/ttyS1 & stdout=$!
cat /vm/stderr 9>&- >/dev/ttyS2 & stderr=$!
/vm/command 9>&- >/vm/stdout 2>/vm/stderr
echo "exit $?" >&9

# Whatever the command left behind would hold the pipes open.
for process in /proc/[0-9]*; do
  case ${process#/proc/} in
    1 | $stdout | $stderr) ;;
    *) kill -9 "${process#/proc/}" ;;
  esac
done 2>/dev/null
wait $stdout $stderr

number=0
while IFS= read -r path; do
  if [ -e "$path" ] || [ -L "$path" ]; then
    tar -cf /vm/tar -C "$(dirname "$path")" "$(basename "$path")"
    echo "tar $number $(stat -c %s /vm/tar)" >&9
    cat /vm/tar >&9
  fi
  number=$((number + 1))
done </vm/collect
echo "end" >&9
exec 9>&-
poweroff -f
