// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's latest words about a device, by their cause. See kernel_explain.h. */
#include "distro/kernel_explain.h"

#include <stddef.h>

enum {
	RECORDS_MAX = 10000, /* a log that is flooded is not followed for ever */
};

const struct message_cause *kernel_explain(struct kmsg *kmsg, struct pci_addr addr, char *fix, size_t size)
{
	const struct message_cause *cause = NULL;
	char name[PCI_ADDR_TEXT_SIZE];
	struct kmsg_record record;

	for (int count = 0; count < RECORDS_MAX && kmsg_next(kmsg, &record); count++) {
		struct message_match match;

		if (!message_find(record.text, &match) || !match.has_device || pci_addr_compare(match.device, addr))
			continue;
		if (!cause || (cause->generic && !match.cause->generic))
			cause = match.cause;
	}
	if (cause)
		message_fix(cause, pci_addr_text(addr, name), fix, size);
	return cause;
}
