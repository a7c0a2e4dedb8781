static irqreturn_t lab_@topic@_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;

	atomic_inc(&lab.interrupts);
	wake_up_interruptible(&lab.wait);
	return IRQ_HANDLED;
}

