/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other managers of devices (distro/rival.h) as `list -o MANAGERS` and `show` have them; read once, when first asked
 * for.
 */
#ifndef VIEW_RIVAL_JSON_H
#define VIEW_RIVAL_JSON_H

#include <jansson.h>

#include "assign/host.h"
#include "distro/rival.h"

struct rival_lookup {
	bool read, failed;
	struct modprobe_conf conf;
	struct rivals rivals;
};

/* What is read of them, once; false where that failed. */
bool rival_lookup_read(struct rival_lookup *lookup, const struct host *host);

/* [{name, file, what}]; null where it could not be found out. A new reference. */
json_t *rival_json(struct rival_lookup *lookup, const struct host *host, const struct pci_device *device);
void rival_lookup_done(struct rival_lookup *lookup);

#endif
