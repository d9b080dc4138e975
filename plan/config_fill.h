/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the tree of a file to typed values, by the schema's rows; and trees of several files made one. */
#ifndef PLAN_CONFIG_FILL_H
#define PLAN_CONFIG_FILL_H

#include "plan/config_node.h"
#include "plan/config_raw.h"

/*
 * Everything that the schema says against the tree goes into findings; what is right is stored. -ENOMEM. node NULL: an
 * empty file.
 */
int config_fill(struct arena *arena, const struct config_node *node, struct config_raw *ret_raw,
	struct config_findings *findings);

/*
 * Put from over into, by the schema: mappings key by key, lists one behind the other, a single value over another with
 * a note that names both places. What does not fit together is left for config_fill() to complain about. -ENOMEM.
 */
int config_merge(struct arena *arena, struct config_node *into, const struct config_node *from,
	struct config_findings *findings);

#endif
