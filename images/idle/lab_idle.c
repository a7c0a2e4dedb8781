// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the machine's processor awake while it has nothing to do.
 *
 * A kernel with nothing to do halts the processor (HLT) until an interrupt
 * comes. QEMU with -icount then advances its clock to the next timer, in
 * another thread than the one that executes the guest. If that thread looks in
 * the short time between the HLT and the counting of the instructions before
 * it, it advances the clock by that many instructions too far, and the
 * interrupt comes some microseconds late. This is rare and depends on the
 * scheduling of the host's threads. A processor that is never halted has no
 * such moment. Executing some more instructions costs less than waking a thread
 * of the host.
 *
 * So this is a cpuidle driver whose only state waits without halting, once PID 1
 * has set the parameter. Without it the state halts, which is right while the
 * machine is saved, and if the clock is the host's. The module is loaded before
 * the machine is saved, because setting a parameter is much less work than
 * loading a module.
 */
#include <linux/cpuidle.h>
#include <linux/irqflags.h>
#include <linux/kernel_stat.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/hardirq.h>

static bool awake;
module_param(awake, bool, 0600);
MODULE_PARM_DESC(awake, "an idle processor waits without halting");

/* The number of interrupts so far: those of devices, and the local timer's. */
static __always_inline unsigned long interrupts(void)
{
	return READ_ONCE(kstat_this_cpu->irqs_sum) +
	       READ_ONCE(this_cpu_ptr(&irq_stat)->apic_timer_irqs);
}

/*
 * Called with interrupts disabled, and returns the same way. Like HLT, waiting ends
 * with the first interrupt, because the kernel then checks again when the next
 * timer is due. There is no cpu_relax(), because its PAUSE leaves QEMU's fast
 * path.
 */
static __cpuidle int lab_idle_enter(struct cpuidle_device *dev,
				    struct cpuidle_driver *drv, int index)
{
	unsigned long before = interrupts();

	if (READ_ONCE(awake)) {
		raw_local_irq_enable();
		while (interrupts() == before && !need_resched())
			;
	} else {
		raw_safe_halt();
	}
	raw_local_irq_disable();
	return index;
}

/* No .owner: its own device would hold the module, which must be removable. */
static struct cpuidle_driver lab_idle_driver = {
	.name = "lab_idle",
	.states = {
		{ .enter = lab_idle_enter, .name = "AWAKE", .desc = "waits awake or halted" },
	},
	.state_count = 1,
};

static int __init lab_idle_init(void)
{
	return cpuidle_register(&lab_idle_driver, NULL);
}
module_init(lab_idle_init);

static void __exit lab_idle_exit(void)
{
	cpuidle_unregister(&lab_idle_driver);
}
module_exit(lab_idle_exit);

MODULE_DESCRIPTION("Upcall: a processor that can wait awake");
MODULE_LICENSE("GPL");
