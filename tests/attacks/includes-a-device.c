// SPDX-License-Identifier: GPL-2.0
/* A file that never ends and that the compiler may read. */
#include <linux/module.h>
#include "/dev/zero"

MODULE_DESCRIPTION("Includes a device");
MODULE_LICENSE("GPL");
