/* The program of examples/policy-service as a later version might have it: the layout of its rules is another. */
#define padding padding, more_padding[3]

#include "../../examples/policy-service/policy.bpf.c"
