// SPDX-License-Identifier: GPL-2.0
/* A short file that takes more than the machine's memory when loaded. */
#include <linux/module.h>

static char attack[256 << 20];

static int __init attack_init(void)
{
	return attack[jiffies & 0xff];
}
module_init(attack_init);

MODULE_DESCRIPTION("Takes more memory than there is");
MODULE_LICENSE("GPL");
