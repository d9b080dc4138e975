/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of verdict.c's table: how one kind of blocker is found. Used by assign/ only. */
#ifndef ASSIGN_BLOCKER_RULE_H
#define ASSIGN_BLOCKER_RULE_H

#include "assign/verdict.h"

enum blocker_rule_flag {
	RULE_COSTS = 1 << 0, /* looks at the device itself */
};

struct blocker_rule {
	enum code code;
	unsigned int stops; /* enum verdict_use */
	unsigned int flags;
	/* Does it stand against the device? Fills the text, and may change what it stops. */
	bool (*find)(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
};

/* Those of blocker_rule.c. */
bool blocker_denylist(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_token(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_bypass(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_lost(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_header(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_power(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_no_place(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_failed_reset(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_offline(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);
bool blocker_reserved_memory(struct judge *judge, const struct verdict *verdict, struct blocker *blocker);

/* What a refusal for this reason is in errno's terms. */
int blocker_errno(enum code code);

#endif
