/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.json: struct guest_info as text, and back with every value checked. */
#ifndef GUEST_GUEST_JSON_H
#define GUEST_GUEST_JSON_H

#include "guest/guest.h"

/* The caller frees the text; NULL when memory ran out. */
char *guest_info_to_json(const struct guest_info *info);

/* CODE_FAILED with EBADMSG, naming the field that is wrong. */
int guest_info_from_json(const char *text, struct guest_info *ret_info, struct error *err);

#endif
