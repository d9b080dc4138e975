// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who else acts on a device, for people and programs. Configuration that this user may not read makes an empty answer
 * unknown.
 */
#include "view/rival_json.h"

bool rival_lookup_read(struct rival_lookup *lookup, const struct host *host)
{
	if (lookup->read)
		return !lookup->failed;
	lookup->read = true;
	lookup->failed = modprobe_conf_read(&host->root, &lookup->conf, NULL) < 0 ||
			 rivals_read(&host->root, &host->pci, &lookup->conf, &lookup->rivals, NULL) < 0;
	return !lookup->failed;
}

json_t *rival_json(struct rival_lookup *lookup, const struct host *host, const struct pci_device *device)
{
	json_t *list;

	if (!rival_lookup_read(lookup, host))
		return json_null();
	list = json_array();
	for (const struct rival *at = NULL; (at = rival_next(&lookup->rivals, at, device->addr));)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "name", at->name, "file", at->file, "what", at->what));
	if (json_array_size(list) || !lookup->rivals.incomplete)
		return list;
	json_decref(list);
	return json_null();
}

void rival_lookup_done(struct rival_lookup *lookup)
{
	modprobe_conf_done(&lookup->conf);
	rivals_done(&lookup->rivals);
}
