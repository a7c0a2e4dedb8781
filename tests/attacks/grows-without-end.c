// SPDX-License-Identifier: GPL-2.0
/* Macros that double their length, forty times. */
#include <linux/module.h>

#define A(x) x, x, x, x, x, x, x, x
#define B(x) A(A(A(x)))
#define C(x) B(B(B(x)))

int attack[] = { C(C(1)) };

MODULE_DESCRIPTION("Grows without end");
MODULE_LICENSE("GPL");
