// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a halted machine end.
 *
 * A program may halt the machine (reboot(2)). The processor then waits for ever,
 * and from outside that cannot be told from a machine with nothing to do. So a halt
 * becomes a reset here, which is the end of a QEMU with -no-reboot. A reset and a
 * power-off reach QEMU by themselves.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>

static int lab_halt_notify(struct notifier_block *block, unsigned long code,
			   void *command)
{
	if (code == SYS_HALT)
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

MODULE_DESCRIPTION("Upcall: a machine that ends when it is halted");
MODULE_LICENSE("GPL");
