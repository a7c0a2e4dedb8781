// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the machine's processor awake while it has nothing to do.
 *
 * A kernel with nothing to do halts the processor (HLT) until an interrupt comes.
 * QEMU with -icount then moves its clock on to the next timer, and does that in
 * another thread than the one that executes the guest. If that other thread looks
 * in the short time between the HLT and the counting of the instructions before
 * it, it moves the clock by so many instructions too far, and the interrupt comes
 * some microseconds late: rarely, as the host's threads happen to run. A processor
 * that is never halted has no such moment. To execute some instructions more costs
 * less than to wake a thread of the host.
 *
 * So this is a cpuidle driver whose one state waits awake. Without it the kernel
 * halts again, as it should where the clock is the host's.
 */
#include <linux/cpuidle.h>
#include <linux/irqflags.h>
#include <linux/kernel_stat.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/hardirq.h>

/* How many interrupts there have been: those of devices, and the local timer's. */
static __always_inline unsigned long interrupts(void)
{
	return READ_ONCE(kstat_this_cpu->irqs_sum) +
	       READ_ONCE(this_cpu_ptr(&irq_stat)->apic_timer_irqs);
}

/*
 * Called with interrupts off, and returns so. Like HLT, it ends with the first
 * interrupt, for the kernel then looks again when the next timer is due. There is
 * no cpu_relax(): its PAUSE is a way out of QEMU's fast path.
 */
static __cpuidle int lab_idle_enter(struct cpuidle_device *dev,
				    struct cpuidle_driver *drv, int index)
{
	unsigned long before = interrupts();

	raw_local_irq_enable();
	while (interrupts() == before && !need_resched())
		;
	raw_local_irq_disable();
	return index;
}

/* Without an .owner, which its own device would hold: it is to be removable. */
static struct cpuidle_driver lab_idle_driver = {
	.name = "lab_idle",
	.states = {
		{ .enter = lab_idle_enter, .name = "AWAKE", .desc = "waits awake" },
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

MODULE_DESCRIPTION("Upcall: a processor that waits awake");
MODULE_LICENSE("GPL");
