/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's "edu" device, as far as all modules that drive it do the same: its
 * registers, its PCI driver, the file through which user space asks for
 * something. What a module does with an interrupt is not here: each spells out
 * its own handler, which has to
 *
 *	cause = readl(edu->regs + EDU_IRQ_STATUS);
 *	if (!cause)
 *		return IRQ_NONE;	// INTx is shared: another device's
 *	writel(cause, edu->regs + EDU_IRQ_ACK);	// these, and no others
 *	...
 *	return IRQ_HANDLED;
 *
 * A module's life, with the functions below:
 *
 *	module_init	lab_edu_register	needs a free edu, or fails
 *	  probe		  lab_edu_probe		registers, interrupt
 *			lab_edu_register_file	can be opened from here on
 *	...		lab_edu_raise, lab_edu_raise_later
 *	module_exit	lab_edu_unregister	no file, then
 *	  remove	  lab_edu_remove	no interrupt after this
 *
 * Every module has the parameter msi: 0 for the INTx wire, 1 for a message.
 *
 * The registers are specified in QEMU's docs/specs/edu.rst.
 */
#ifndef LAB_EDU_H
#define LAB_EDU_H

#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/miscdevice.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#define EDU_VENDOR_ID		0x1234
#define EDU_DEVICE_ID		0x11e8

/* Registers in BAR 0. Those below 0x80 take 32-bit accesses only. */
#define EDU_ID			0x00	/* 0xMMmm00ed: version M.m */
#define EDU_LIVENESS		0x04	/* reads as what was written, inverted */
#define EDU_FACTORIAL		0x08
#define EDU_STATUS		0x20	/* of the factorial unit */
#define EDU_IRQ_STATUS		0x24	/* causes not yet acknowledged */
#define EDU_IRQ_RAISE		0x60	/* adds causes; interrupts unless none */
#define EDU_IRQ_ACK		0x64	/* takes causes away */
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98

#define EDU_ID_MASK		0xff0000ff
#define EDU_ID_VALUE		0x010000ed

#define EDU_DMA_RUN		BIT(0)	/* reads as 0 again when done */
#define EDU_DMA_TO_RAM		BIT(1)
#define EDU_DMA_IRQ		BIT(2)	/* interrupt when done */
#define EDU_DMA_BUFFER		0x40000	/* the device's own 4 KiB, its view */
#define EDU_DMA_BITS		28	/* width of the addresses it can reach */

/* A transfer takes 100 ms, whatever its size. */
#define EDU_DMA_US		(100 * USEC_PER_MSEC)

/* Causes. The driver chooses what it raises by EDU_IRQ_RAISE; this one is fixed. */
#define EDU_CAUSE_DMA		0x100

/**
 * struct lab_edu - the edu device of one module
 * @driver: the module's driver
 * @isr: its interrupt handler, which gets the struct lab_edu as its argument
 * @added: called before the first interrupt can come, and may acquire what is managed
 *	(devm_); NULL if there is nothing to do
 * @removed: called when no interrupt will come any more; NULL if nobody cares
 * @file: the file in /dev, if the module has one
 * @pdev: the device, once probe has found it
 * @regs: BAR 0; valid from before the handler can run until after it last ran
 * @irq: Linux's number of its interrupt
 * @lock: serialises @ready, and writes that start an interrupt
 * @ready: false before lab_edu_probe() and from lab_edu_remove() on
 * @error: why lab_edu_probe() failed
 * @buffer: the memory that lab_edu_raise_later() lets the device write
 * @buffer_dma: its address, as the device has to be told
 */
struct lab_edu {
	struct pci_driver driver;
	irq_handler_t isr;
	int (*added)(struct device *dev);
	void (*removed)(void);
	struct miscdevice file;
	struct pci_dev *pdev;
	void __iomem *regs;
	int irq;
	struct mutex lock;	/* for ready, and writes that start an interrupt */
	bool ready;
	int error;
	void *buffer;
	dma_addr_t buffer_dma;
};

/* One device a module: a static variable, which no open file can outlive. */
#define DEFINE_LAB_EDU(name)	\
	struct lab_edu name = { .lock = __MUTEX_INITIALIZER(name.lock) }

static bool lab_edu_msi;
module_param_named(msi, lab_edu_msi, bool, 0444);
MODULE_PARM_DESC(msi, "interrupt by a message (MSI) instead of the INTx wire");

/**
 * lab_edu_setup() - Reach the device's registers and memory
 * @edu: the device; @edu->pdev is set
 *
 * What the pcim_ and dmam_ functions acquire, the PCI core releases when probe
 * fails or the driver lets go of the device.
 */
static inline int lab_edu_setup(struct lab_edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	u32 id;
	int err;

	err = pcim_enable_device(edu->pdev);
	if (err)
		return dev_err_probe(dev, err, "cannot enable the device\n");

	edu->regs = pcim_iomap(edu->pdev, 0, 0);
	if (!edu->regs)
		return dev_err_probe(dev, -ENOMEM, "cannot map BAR 0\n");

	id = readl(edu->regs + EDU_ID);
	if ((id & EDU_ID_MASK) != EDU_ID_VALUE)
		return dev_err_probe(dev, -ENODEV, "id 0x%08x is not edu's\n", id);

	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(EDU_DMA_BITS));
	if (err)
		return dev_err_probe(dev, err, "no %d-bit DMA\n", EDU_DMA_BITS);
	edu->buffer = dmam_alloc_coherent(dev, sizeof(u32), &edu->buffer_dma, GFP_KERNEL);
	if (!edu->buffer)
		return -ENOMEM;

	/* DMA is a write to the bus, and so is a message-signalled interrupt. */
	pci_set_master(edu->pdev);
	return 0;
}

/**
 * lab_edu_ack_all() - Forget the causes that nobody acknowledged
 * @edu: the device
 *
 * The device has no reset: causes left by an earlier driver are still there.
 */
static inline void lab_edu_ack_all(struct lab_edu *edu)
{
	writel(readl(edu->regs + EDU_IRQ_STATUS), edu->regs + EDU_IRQ_ACK);
}

/**
 * lab_edu_connect() - Have the device's interrupts handled
 * @edu: the device, set up
 *
 * The handler may run before this returns.
 */
static inline int lab_edu_connect(struct lab_edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	const char *by = lab_edu_msi ? "MSI" : "INTx";
	int err;

	err = pci_alloc_irq_vectors(pdev, 1, 1, lab_edu_msi ? PCI_IRQ_MSI : PCI_IRQ_INTX);
	if (err < 0) {
		dev_err(&pdev->dev, "no interrupt by %s: %pe\n", by, ERR_PTR(err));
		return err;
	}
	edu->irq = pci_irq_vector(pdev, 0);

	/*
	 * A message belongs to one device; a wire is shared by several, and @edu
	 * is what tells this handler from those of the others.
	 */
	err = request_irq(edu->irq, edu->isr, lab_edu_msi ? 0 : IRQF_SHARED, KBUILD_MODNAME, edu);
	if (err) {
		dev_err(&pdev->dev, "cannot request irq %d: %pe\n", edu->irq, ERR_PTR(err));
		pci_free_irq_vectors(pdev);
		return err;
	}
	dev_info(&pdev->dev, "irq %d by %s\n", edu->irq, by);
	return 0;
}

/* The PCI core has found a device of ours: make it ready. */
static inline int lab_edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct lab_edu *edu = container_of(pdev->driver, struct lab_edu, driver);
	int err;

	if (edu->pdev)		/* a second edu: leave it to other drivers */
		return -ENODEV;
	edu->pdev = pdev;

	err = lab_edu_setup(edu);
	if (err)
		goto out;
	writel(0, edu->regs + EDU_STATUS);
	lab_edu_ack_all(edu);
	if (edu->added) {
		err = edu->added(&pdev->dev);
		if (err)
			goto out;
	}
	err = lab_edu_connect(edu);
	if (err)
		goto out;

	mutex_lock(&edu->lock);
	WRITE_ONCE(edu->ready, true);
	mutex_unlock(&edu->lock);
	return 0;

out:
	edu->error = err;
	edu->pdev = NULL;
	return err;
}

/*
 * The device goes, or the driver: silence it. When this returns, the handler is
 * not running and will not run again.
 */
static inline void lab_edu_remove(struct pci_dev *pdev)
{
	struct lab_edu *edu = container_of(pdev->driver, struct lab_edu, driver);
	u32 cmd;

	/* First no new causes: neither ours, ... */
	mutex_lock(&edu->lock);
	WRITE_ONCE(edu->ready, false);
	mutex_unlock(&edu->lock);
	/* ... nor the device's own: a transfer under way can only be awaited. */
	if (readl_poll_timeout(edu->regs + EDU_DMA_CMD, cmd, !(cmd & EDU_DMA_RUN),
			       USEC_PER_MSEC, 2 * EDU_DMA_US))
		dev_err(&pdev->dev, "DMA does not end\n");

	/* A cause that still stands would keep a shared wire asserted. */
	lab_edu_ack_all(edu);
	free_irq(edu->irq, edu);	/* waits for a handler that is running */
	pci_free_irq_vectors(pdev);
	edu->pdev = NULL;
	if (edu->removed)
		edu->removed();
}

/**
 * lab_edu_gone() - Whether no interrupt will come any more
 * @edu: the device
 *
 * An answer for those who look without the lock. What wakes them is @removed.
 */
static inline bool lab_edu_gone(const struct lab_edu *edu)
{
	return !READ_ONCE(edu->ready);
}

/**
 * lab_edu_raise() - Have the device interrupt now
 * @edu: the device
 * @cause: the bits to raise, any but 0
 *
 * Return: 0, or -ENODEV when the device is gone.
 */
static inline int lab_edu_raise(struct lab_edu *edu, u32 cause)
{
	int err = -ENODEV;

	mutex_lock(&edu->lock);
	if (edu->ready) {
		writel(cause, edu->regs + EDU_IRQ_RAISE);
		err = 0;
	}
	mutex_unlock(&edu->lock);
	return err;
}

/**
 * lab_edu_raise_later() - Have the device interrupt in 100 ms
 * @edu: the device
 *
 * The caller is long gone from the kernel by then, and whichever task has the
 * processor is the one interrupted: the device takes 100 ms for a transfer and
 * raises EDU_CAUSE_DMA at its end. What it transfers is of no interest.
 *
 * Return: 0, -EBUSY while an earlier one is under way, or -ENODEV when the
 * device is gone.
 */
static inline int lab_edu_raise_later(struct lab_edu *edu)
{
	int err = 0;

	mutex_lock(&edu->lock);
	if (!edu->ready) {
		err = -ENODEV;
	} else if (readl(edu->regs + EDU_DMA_CMD) & EDU_DMA_RUN) {
		err = -EBUSY;
	} else {
		writel(EDU_DMA_BUFFER, edu->regs + EDU_DMA_SRC);
		writel(lower_32_bits(edu->buffer_dma), edu->regs + EDU_DMA_DST);
		writel(sizeof(u32), edu->regs + EDU_DMA_COUNT);
		writel(EDU_DMA_RUN | EDU_DMA_TO_RAM | EDU_DMA_IRQ, edu->regs + EDU_DMA_CMD);
	}
	mutex_unlock(&edu->lock);
	return err;
}

/**
 * lab_edu_raise_user() - Have the device interrupt with a program's causes
 * @edu: the device
 * @causes: the bits to raise
 *
 * Return: as lab_edu_raise(), or -EFAULT, or -EINVAL for no cause, with which
 * the device would not interrupt.
 */
static inline int lab_edu_raise_user(struct lab_edu *edu, const u32 __user *causes)
{
	u32 cause;

	if (get_user(cause, causes))
		return -EFAULT;
	if (!cause)
		return -EINVAL;
	return lab_edu_raise(edu, cause);
}

static const struct pci_device_id lab_edu_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR_ID, EDU_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, lab_edu_ids);

/**
 * lab_edu_register() - Register a driver and insist that it has its device
 * @edu: the module's device
 * @isr: the module's interrupt handler; may run before this returns
 *
 * A driver without its device is no error for the PCI core: the device may be
 * plugged in later. In the lab it would only be a puzzle, so the module's init
 * fails instead, for the reason that probe failed.
 *
 * Return: 0; -ENODEV without an edu that no other driver holds; or an error.
 */
static inline int lab_edu_register(struct lab_edu *edu, irq_handler_t isr)
{
	int err;

	edu->isr = isr;
	edu->driver.name = KBUILD_MODNAME;
	edu->driver.id_table = lab_edu_ids;
	edu->driver.probe = lab_edu_probe;
	edu->driver.remove = lab_edu_remove;
	/* Probe has to have run when this returns. */
	edu->driver.driver.probe_type = PROBE_FORCE_SYNCHRONOUS;

	err = pci_register_driver(&edu->driver);
	if (err || edu->pdev)
		return err;

	pci_unregister_driver(&edu->driver);
	if (edu->error)
		return edu->error;
	pr_err("no free edu device (PCI %04x:%04x)\n", EDU_VENDOR_ID, EDU_DEVICE_ID);
	return -ENODEV;
}

/**
 * lab_edu_unregister() - Take back what the two register functions did
 * @edu: the module's device
 */
static inline void lab_edu_unregister(struct lab_edu *edu)
{
	if (edu->file.fops)
		misc_deregister(&edu->file);
	pci_unregister_driver(&edu->driver);
}

/**
 * lab_edu_register_file() - Register a driver, then a file in /dev for it
 * @edu: the module's device
 * @isr: its interrupt handler
 * @fops: what the file does
 *
 * Both have the module's name. Only root may open the file: nobody else is to
 * make the device interrupt.
 *
 * Return: 0 or an error, as lab_edu_register() does.
 */
static inline int lab_edu_register_file(struct lab_edu *edu, irq_handler_t isr,
					const struct file_operations *fops)
{
	int err = lab_edu_register(edu, isr);

	if (err)
		return err;

	/* Last, because it can be opened from here on. */
	edu->file = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = KBUILD_MODNAME,
		.fops = fops,
		.mode = 0600,
	};
	err = misc_register(&edu->file);
	if (err) {
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME, ERR_PTR(err));
		pci_unregister_driver(&edu->driver);
	}
	return err;
}

#endif /* LAB_EDU_H */
