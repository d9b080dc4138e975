// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Embedded switches on a picture: the mode at the physical function, the representor at each VF. Asked once for the
 * whole host, by devlink; a host that has none, or was captured without, has no such badges.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "picture/host_model.h"

int topology_read_eswitches(struct topology_model *model)
{
	const struct sysroot *root = &model->host->root;
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	cleanup_free struct devlink_handle *handles = NULL;
	size_t count = 0;

	if (devlink_open(root, &devlink, NULL) < 0 || devlink_list_handles(&devlink, &handles, &count, NULL) < 0)
		return 0;
	model->eswitch = calloc(count + 1, sizeof(*model->eswitch));
	if (!model->eswitch)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		model->eswitch_count +=
			!strcmp(handles[i].bus, "pci") &&
			!eswitch_read(root, &devlink, &handles[i], &model->eswitch[model->eswitch_count], NULL);
	return 0;
}

void topology_close_eswitches(struct topology_model *model)
{
	for (size_t i = 0; i < model->eswitch_count; i++)
		eswitch_done(&model->eswitch[i]);
	free(model->eswitch);
}

static const struct eswitch *eswitch_of(const struct topology_model *model, struct pci_addr pf)
{
	for (size_t i = 0; i < model->eswitch_count; i++)
		if (model->eswitch[i].has_addr && !pci_addr_compare(model->eswitch[i].addr, pf))
			return &model->eswitch[i];
	return NULL;
}

static unsigned int count_representors(const struct eswitch *eswitch)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < eswitch->vf_count; i++)
		count += eswitch_vf_representor(eswitch, i) != NULL;
	return count;
}

static void badge_pf(struct picture *picture, int item, const struct eswitch *eswitch)
{
	const char *mode = eswitch_mode_name(eswitch->is.mode);
	unsigned int count = count_representors(eswitch);

	if (eswitch->is.mode == ESWITCH_LEGACY || eswitch->is.mode == DEVLINK_UNKNOWN) {
		picture_add_badge(picture, item, PICTURE_INFO, "eswitch", "eswitch: %s", mode);
		return;
	}
	picture_add_badge(picture, item, PICTURE_INFO, "eswitch", "eswitch: %s, %u representor%s", mode, count,
		count == 1 ? "" : "s");
	picture_explain_badge(picture,
		"its VFs are ports of a switch in the card, and each has a network device of this host for the other "
		"end: 'sluice eswitch show' has rates and ports");
}

static void badge_vf(struct picture *picture, int item, const struct eswitch *eswitch, unsigned int index)
{
	const struct representor *representor = eswitch_vf_representor(eswitch, index);

	if (!representor)
		return;
	picture_add_badge(picture, item, PICTURE_INFO, "representor", "port %s", representor->netdev);
	picture_explain_badge(picture, "the other end of it, in the card's switch, is %s (%s)", representor->netdev,
		representor->port_name);
}

void topology_badge_eswitch(struct topology_model *model, const struct pci_device *device, int item)
{
	const struct eswitch *eswitch = eswitch_of(model, device->is_vf ? device->pf : device->addr);

	if (eswitch && device->is_vf && device->vf_index >= 0)
		badge_vf(&model->picture, item, eswitch, (unsigned int)device->vf_index);
	else if (eswitch && !device->is_vf)
		badge_pf(&model->picture, item, eswitch);
}
