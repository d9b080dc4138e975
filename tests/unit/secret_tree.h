/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A captured machine with something secret in every place that `sluice capture` reads, and what of it may be in no
 * redacted bundle.
 */
#ifndef SECRET_TREE_H
#define SECRET_TREE_H

#include "tests/unit/temp_tree.h"

/*
 * In lower case. One is the bytes of a serial number in configuration space; some are the hexadecimal form of an
 * address, as proc/net has it.
 */
extern const char *const secret_texts[];
extern const size_t secret_count;

void secret_tree_put(const struct temp_tree *tree);

#endif
