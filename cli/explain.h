/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of docs/explain, compiled in: what a code means and what to do about it, without a network. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "base/code.h"

/* The text of a code, in lines; NULL when there is none. */
const char *explain_text(enum code code);

#endif
