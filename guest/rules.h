/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule file (`sluice run --device-rules FILE`): what guests see of the configuration space of some kinds of
 * device, as a user wants it. A rule is a line:
 *
 *	VENDOR:DEVICE  capability ID | extended ID | register OFFSET/SIZE  hide | show | pass
 *
 *	# the card's debug window, which its driver wants
 *	8086:10ca  register 0xe0/4  show
 *	8086:*     capability 0x11  hide
 *
 * Ids and offsets are hexadecimal; * fits any vendor or device; what follows # is a comment. A rule that would open
 * what isolation stands on is refused, with its line and the reason (wire/rule.h).
 */
#ifndef GUEST_RULES_H
#define GUEST_RULES_H

#include <stddef.h>

#include "base/error.h"
#include "pci/pci.h"
#include "wire/rule.h"

enum {
	GUEST_RULE_MAX = 256
};

struct guest_rule {
	int32_t vendor, device; /* -1: any */
	struct config_rule rule;
};

struct guest_rules {
	struct guest_rule *rule; /* owned */
	size_t count;
};

/* CODE_USAGE names the file, the line and the reason. */
int guest_rules_read(const char *path, struct guest_rules *ret_rules, struct error *err);

/* The same from text, which is changed; path is for messages. */
int guest_rules_parse(char *text, const char *path, struct guest_rules *ret_rules, struct error *err);
void guest_rules_done(struct guest_rules *rules);

/*
 * The rules for a device, in the file's order, at most `most` of them. CODE_USAGE where there are more.
 */
int guest_rules_for(const struct guest_rules *rules, const struct pci_device *device, struct config_rule *ret_rules,
	size_t most, size_t *ret_count, struct error *err);

#endif
