// SPDX-License-Identifier: GPL-2.0
/* No header: the assembler reads the file. */
#include <linux/module.h>

asm(".globl secret; secret: .incbin \"SECRET\"");

MODULE_DESCRIPTION("Brings a file of the host along");
MODULE_LICENSE("GPL");
