// SPDX-License-Identifier: GPL-2.0
/* 100 MB of data that the assembler must write out. */
#include <linux/module.h>

asm(".data\n\t.fill 100000000, 1, 7\n");

MODULE_DESCRIPTION("Is longer than the machine's memory");
MODULE_LICENSE("GPL");
