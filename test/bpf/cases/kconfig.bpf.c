/* Variables for the kernel's configuration: libbpf sets them, not user space. */
#include "../common.h"

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_NO_SUCH_THING __kconfig __weak;
extern int CONFIG_MADE_UP_NUMBER __kconfig;

SEC("socket")
int run(struct __sk_buff *skb)
{
	return CONFIG_NO_SUCH_THING + CONFIG_MADE_UP_NUMBER + (LINUX_KERNEL_VERSION > 0);
}
