// SPDX-License-Identifier: GPL-2.0
/* Without a record nothing can fail, or can it? */
#include <linux/module.h>
#include <linux/reboot.h>

static int __init attack_init(void)
{
	emergency_restart();
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Ends the machine");
MODULE_LICENSE("GPL");
