// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt on edu's wire that is not edu's. Every handler on the wire is called and
 * must say that the interrupt is not its own. If no handler takes a hundred thousand in a
 * row, the kernel disables the wire. A handler that takes all of them would prevent that.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/module.h>
#include <linux/pci.h>

static unsigned int unhandled;
module_param(unhandled, uint, 0444);
MODULE_PARM_DESC(unhandled, "the kernel's count of interrupts that no handler took");

static int __init shared_wire_init(void)
{
	struct pci_dev *edu = pci_get_device(0x1234, 0x11e8, NULL);
	struct irq_desc *desc;

	if (!edu)
		return -ENODEV;
	desc = irq_data_to_desc(irq_get_irq_data(edu->irq));
	generic_handle_irq_safe(edu->irq);
	unhandled = desc->irqs_unhandled;
	pci_dev_put(edu);
	return 0;
}
module_init(shared_wire_init);

static void __exit shared_wire_exit(void)
{
}
module_exit(shared_wire_exit);

MODULE_DESCRIPTION("Interrupts on a shared wire");
MODULE_LICENSE("GPL");
