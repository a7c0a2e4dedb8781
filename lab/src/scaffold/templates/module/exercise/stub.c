static irqreturn_t lab_@topic@_isr(int irq, void *data)
{
	/*
	 * TODO: acknowledge what the device raised, count the interrupt in
	 * lab.interrupts, and wake who sleeps in lab.wait.
	 */
	return IRQ_NONE;
}

