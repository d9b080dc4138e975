/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other managers of devices (host/manager.h) as `list -o MANAGERS` and `show` have them; read once, when first asked for. */
#ifndef CLI_MANAGER_JSON_H
#define CLI_MANAGER_JSON_H

#include <jansson.h>

#include "host/host.h"
#include "host/manager.h"

struct manager_lookup {
	bool read, failed;
	struct modprobe_conf conf;
	struct managers managers;
};

/* [{name, file, what}]; null where it could not be found out. A new reference. */
json_t *manager_json(struct manager_lookup *lookup, const struct host *host, const struct pci_device *device);
void manager_lookup_done(struct manager_lookup *lookup);

#endif
