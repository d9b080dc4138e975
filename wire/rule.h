/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user's rule about a device's configuration space: what `sluice` reads from a rule file (guest/rules.h) and hands to
 * sluice-vmm, which applies it over its own tables (passthrough/vfio_config_rows.h). Which rules would open something
 * that isolation stands on is one table, which both programs ask: COMMAND, BARs, interrupt messages, resets, links.
 */
#ifndef WIRE_RULE_H
#define WIRE_RULE_H

#include <stdint.h>

enum rule_what {
	RULE_CAPABILITY = 1, /* of the first 256 bytes, by id */
	RULE_EXTENDED,       /* extended capability, by id */
	RULE_REGISTER,       /* by offset */
	RULE_WHAT_END
};

enum rule_action {
	RULE_HIDE = 1, /* reads as zero, or is not in the chain */
	RULE_SHOW,     /* is read from the device, writes are dropped */
	RULE_PASS,     /* is read and written on the device */
	RULE_ACTION_END
};

struct config_rule {
	uint16_t line; /* of the file, for messages */
	uint8_t what, action;
	uint16_t where; /* id, or offset */
	uint16_t size;  /* RULE_REGISTER: 1, 2 or 4 */
};

/* Why the rule cannot be, whatever the device; NULL: it can. */
const char *config_rule_refusal(const struct config_rule *rule);

#endif
