// SPDX-License-Identifier: GPL-2.0
/* A bug that everyone makes once. */
#include <linux/module.h>

static int __init attack_init(void)
{
	*(volatile int *)NULL = 0;
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Writes to address 0");
MODULE_LICENSE("GPL");
