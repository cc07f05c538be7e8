/* USDT probes of the C++ library, which Node.js uses. */
#include "common.h"
#include <stdbool.h>
#include <bpf/usdt.bpf.h>

SEC("?usdt/libstdc++.so.6:libstdcxx:throw")
int found(struct pt_regs *ctx)
{
	return 0;
}

SEC("?usdt/libstdc++.so.6:libstdcxx:trow")
int misspelt(struct pt_regs *ctx)
{
	return 0;
}
