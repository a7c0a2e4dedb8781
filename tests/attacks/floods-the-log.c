// SPDX-License-Identifier: GPL-2.0
/* Writes to the console as fast as possible, until it is ended. */
#include <linux/io.h>
#include <linux/module.h>

static int __init attack_init(void)
{
	for (;;)
		outb('x', 0x3f8);
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Floods the log");
MODULE_LICENSE("GPL");
