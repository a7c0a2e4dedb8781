// SPDX-License-Identifier: GPL-2.0
/*
 * Ends a machine that is halted.
 *
 * A program may halt the machine (reboot(2)). The processor then waits for
 * ever, and from outside the machine looks idle. So this module turns a halt
 * into a reset, which ends a QEMU with -no-reboot. QEMU notices a reset or a
 * power-off without help.
 *
 * It does so only once PID 1 has set the parameter. The module is loaded before
 * the machine is saved, because setting a parameter is much less work than
 * loading a module.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/reboot.h>

static bool ends;
module_param(ends, bool, 0600);
MODULE_PARM_DESC(ends, "a halted machine ends");

static int lab_halt_notify(struct notifier_block *block, unsigned long code,
			   void *command)
{
	if (code == SYS_HALT && READ_ONCE(ends))
		emergency_restart();
	return NOTIFY_DONE;
}

static struct notifier_block lab_halt_block = {
	.notifier_call = lab_halt_notify,
};

static int __init lab_halt_init(void)
{
	return register_reboot_notifier(&lab_halt_block);
}
module_init(lab_halt_init);

static void __exit lab_halt_exit(void)
{
	unregister_reboot_notifier(&lab_halt_block);
}
module_exit(lab_halt_exit);

MODULE_DESCRIPTION("Upcall: a machine that can end when it is halted");
MODULE_LICENSE("GPL");
