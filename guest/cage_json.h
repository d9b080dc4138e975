/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walls around a guest's process: in guest.json and back, and as text that names those that are missing. */
#ifndef GUEST_CAGE_JSON_H
#define GUEST_CAGE_JSON_H

#include <jansson.h>

#include "guest/guest.h"

/* "user" and "cage" of guest.json; both stay away while they are not known. */
void cage_to_info(const struct guest_info *info, json_t *object);

/* The same back; what makes no sense counts as not known. */
void cage_from_info(const json_t *object, struct guest_info *info);

/* `guest NAME --json`'s "cage"; null while it is not known. The caller owns it. */
json_t *cage_to_json(const struct guest_info *info);

/* "it sees the host's processes: Operation not permitted"; NULL when the wall stands, or nothing is known. */
const char *cage_weakness(const struct guest_info *info, enum cage_wall wall, char *buf, size_t size);

#endif
