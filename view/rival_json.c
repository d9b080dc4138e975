// SPDX-License-Identifier: GPL-2.0-or-later
/* Who else acts on a device, for people and programs. Configuration that this user may not read makes an empty answer unknown. */
#include "view/rival_json.h"

static bool read_once(struct manager_lookup *lookup, const struct host *host)
{
	if (lookup->read)
		return !lookup->failed;
	lookup->read = true;
	lookup->failed = modprobe_conf_read(&host->root, &lookup->conf, NULL) < 0 ||
			 managers_read(&host->root, &host->pci, &lookup->conf, &lookup->managers, NULL) < 0;
	return !lookup->failed;
}

json_t *manager_json(struct manager_lookup *lookup, const struct host *host, const struct pci_device *device)
{
	json_t *list;

	if (!read_once(lookup, host))
		return json_null();
	list = json_array();
	for (const struct manager *at = NULL; (at = manager_next(&lookup->managers, at, device->addr));)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "name", at->name, "file", at->file, "what", at->what));
	if (json_array_size(list) || !lookup->managers.incomplete)
		return list;
	json_decref(list);
	return json_null();
}

void manager_lookup_done(struct manager_lookup *lookup)
{
	modprobe_conf_done(&lookup->conf);
	managers_done(&lookup->managers);
}
