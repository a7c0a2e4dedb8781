static irqreturn_t lab_@topic@_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/*
	 * What was read and nothing else: a cause that came since then has not
	 * been seen by anybody.
	 */
	writel(causes, edu.regs + EDU_IRQ_ACK);
	trace_lab_step("acknowledged causes", causes);

	/* First what the sleeper looks for, then the call that makes it look. */
	atomic_inc(&lab.interrupts);
	wake_up_interruptible(&lab.wait);
	return IRQ_HANDLED;
}

