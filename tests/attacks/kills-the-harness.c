// SPDX-License-Identifier: GPL-2.0
/* The harness loads this module, so it is the current task. */
#include <linux/module.h>
#include <linux/sched/signal.h>

static int __init attack_init(void)
{
	send_sig(SIGKILL, current, 1);
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Kills the harness");
MODULE_LICENSE("GPL");
