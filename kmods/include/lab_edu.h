/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's "edu" device: its registers, and what every lab module that drives it
 * does in the same way. What a module does with an interrupt is not here: each
 * spells out its own handler, which has to
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
 *	  probe		  lab_edu_start		registers, interrupt
 *	...		lab_edu_raise, lab_edu_raise_later
 *	module_exit	pci_unregister_driver
 *	  remove	  lab_edu_stop		no interrupt after this
 *
 * The registers are specified in QEMU's docs/specs/edu.rst.
 */
#ifndef LAB_EDU_H
#define LAB_EDU_H

#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/mutex.h>
#include <linux/pci.h>

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
 * @pdev: the device, once probe has found it
 * @regs: BAR 0; valid from before the handler can run until after it last ran
 * @irq: Linux's number of its interrupt
 * @lock: serialises @ready, and writes that start an interrupt
 * @ready: false before lab_edu_start() and from lab_edu_stop() on
 * @error: why lab_edu_start() failed
 * @buffer: the memory that lab_edu_raise_later() lets the device write
 * @buffer_dma: its address, as the device has to be told
 */
struct lab_edu {
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

/* For a module's pci_device_id table. */
#define LAB_EDU_PCI_ID		PCI_DEVICE(EDU_VENDOR_ID, EDU_DEVICE_ID)

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
 * lab_edu_start() - Make the device ready; for probe
 * @edu: the module's device
 * @pdev: what probe was given
 * @msi: interrupt by a message (MSI), not by a wire (INTx)
 * @isr: the module's interrupt handler; may run before this returns
 * @data: its argument, which identifies it among those that share a wire
 *
 * Return: 0, or the error for probe to return.
 */
static inline int lab_edu_start(struct lab_edu *edu, struct pci_dev *pdev, bool msi,
				irq_handler_t isr, void *data)
{
	int err;

	if (edu->pdev)		/* a second edu: leave it to other drivers */
		return -ENODEV;
	edu->pdev = pdev;

	err = lab_edu_setup(edu);
	if (err)
		goto out;
	writel(0, edu->regs + EDU_STATUS);
	lab_edu_ack_all(edu);

	err = pci_alloc_irq_vectors(pdev, 1, 1, msi ? PCI_IRQ_MSI : PCI_IRQ_INTX);
	if (err < 0) {
		dev_err(&pdev->dev, "no interrupt by %s: %pe\n",
			msi ? "MSI" : "INTx", ERR_PTR(err));
		goto out;
	}
	edu->irq = pci_irq_vector(pdev, 0);

	/* A message belongs to one device; a wire is shared by several. */
	err = request_irq(edu->irq, isr, msi ? 0 : IRQF_SHARED, KBUILD_MODNAME, data);
	if (err) {
		dev_err(&pdev->dev, "cannot request irq %d: %pe\n", edu->irq, ERR_PTR(err));
		goto out_free_vectors;
	}

	mutex_lock(&edu->lock);
	edu->ready = true;
	mutex_unlock(&edu->lock);
	dev_info(&pdev->dev, "irq %d by %s\n", edu->irq, msi ? "MSI" : "INTx");
	return 0;

out_free_vectors:
	pci_free_irq_vectors(pdev);
out:
	edu->error = err;
	edu->pdev = NULL;
	return err;
}

/**
 * lab_edu_stop() - Silence the device and let go of it; for remove
 * @edu: the device
 * @data: as given to lab_edu_start()
 *
 * When this returns, the handler is not running and will not run again.
 */
static inline void lab_edu_stop(struct lab_edu *edu, void *data)
{
	u32 cmd;

	/* First no new causes: neither ours, ... */
	mutex_lock(&edu->lock);
	edu->ready = false;
	mutex_unlock(&edu->lock);
	/* ... nor the device's own: a transfer under way can only be awaited. */
	if (readl_poll_timeout(edu->regs + EDU_DMA_CMD, cmd, !(cmd & EDU_DMA_RUN),
			       USEC_PER_MSEC, 2 * EDU_DMA_US))
		dev_err(&edu->pdev->dev, "DMA does not end\n");

	/* A cause that still stands would keep a shared wire asserted. */
	lab_edu_ack_all(edu);
	free_irq(edu->irq, data);	/* waits for a handler that is running */
	pci_free_irq_vectors(edu->pdev);
	edu->pdev = NULL;
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
 * lab_edu_register() - Register a driver and insist that it has its device
 * @driver: the module's driver
 * @edu: the device that its probe gives to lab_edu_start()
 *
 * A driver without its device is no error for the PCI core: the device may be
 * plugged in later. In the lab it would only be a puzzle, so the module's init
 * fails instead, for the reason that probe failed.
 *
 * Return: 0; -ENODEV without an edu that no other driver holds; or an error.
 */
static inline int lab_edu_register(struct pci_driver *driver, struct lab_edu *edu)
{
	int err;

	/* Probe has to have run when this returns. */
	driver->driver.probe_type = PROBE_FORCE_SYNCHRONOUS;
	err = pci_register_driver(driver);
	if (err || edu->pdev)
		return err;

	pci_unregister_driver(driver);
	if (edu->error)
		return edu->error;
	pr_err("no free edu device (PCI %04x:%04x)\n", EDU_VENDOR_ID, EDU_DEVICE_ID);
	return -ENODEV;
}

#endif /* LAB_EDU_H */
