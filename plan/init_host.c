// SPDX-License-Identifier: GPL-2.0-or-later
/* The host as it is, as a draft of a configuration file: which cards get names, how they are split, who drives them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assign/vfio.h"
#include "base/text.h"
#include "plan/init_host.h"
#include "sriov/vf_text.h"

void draft_done(struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		free(draft->card[i].vf);
	free(draft->card);
	free(draft->pool);
	*draft = (struct draft){ 0 };
}

/* Kinds of devices that people give away, by class and subclass, and what one is called. */
static const struct kind {
	uint16_t class, mask;
	const char *name;
} kinds[] = {
	{ 0x0108, 0xffff, "nvme" },
	{ 0x0200, 0xff00, "net" },
	{ 0x0300, 0xff00, "gpu" },
	{ 0x0403, 0xffff, "audio" },
	{ 0x0b40, 0xffff, "accel" },
	{ 0x1200, 0xff00, "accel" },
};

static const struct kind *kind_of(const struct pci_device *device)
{
	for (size_t i = 0; i < array_size(kinds); i++)
		if ((device->class >> 8 & kinds[i].mask) == kinds[i].class)
			return &kinds[i];
	return NULL;
}

static bool gets_a_name(const struct pci_device *device)
{
	if (device->is_vf || device->is_bridge)
		return false;
	return kind_of(device) || device->sriov.capable || pci_driver_is_vfio(device->driver);
}

/* Names --------------------------------------------------------------------------------------------------------- */

static bool is_taken(const struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->count; i++)
		if (!strcmp(draft->card[i].name, name))
			return true;
	return false;
}

/* Its network device's name, its NVMe controller's, or what kind it is: with a number, where that is taken. */
static void choose_name(const struct draft *draft, const struct pci_device *device, char name[static 32])
{
	const struct kind *kind = kind_of(device);
	char base[32];

	text_copy(base, sizeof(base), kind ? kind->name : "device");
	if (device->netdev_count && text_is_name(device->netdevs[0].text))
		text_copy(base, sizeof(base), device->netdevs[0].text);
	else if (device->block_count && text_is_name(device->block_devices[0].text)) {
		text_copy(base, sizeof(base), device->block_devices[0].text);
		/* "nvme0n1" is a name space of the controller nvme0 */
		if (text_starts_with(base, "nvme") && strchr(base + 4, 'n'))
			*strchr(base + 4, 'n') = '\0';
	}
	text_copy(name, 32, base);
	for (unsigned int i = 2; is_taken(draft, name); i++)
		snprintf(name, 32, "%.20s-%u", base, i);
}

/* What there is ------------------------------------------------------------------------------------------------- */

int draft_add(struct draft *draft, const struct host *host, const struct pci_device *device)
{
	struct draft_card *grown = realloc(draft->card, (draft->count + 1) * sizeof(*grown));
	struct draft_card card = { .device = device };

	if (!grown)
		return -ENOMEM;
	draft->card = grown;
	pci_identity_read(&host->root, &host->pci, device, false, &card.identity);
	choose_name(draft, device, card.name);
	draft->card[draft->count++] = card;
	return 0;
}

static int settle(struct draft *draft)
{
	struct pci_identity **list = calloc(draft->count + 1, sizeof(struct pci_identity *));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < draft->count; i++)
		list[i] = &draft->card[i].identity;
	pci_identities_settle(list, draft->count);
	free(list);
	return 0;
}

static const struct pci_device *find_vf(const struct host *host, const struct pci_device *pf, int index)
{
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];

		if (device->is_vf && device->vf_index == index && !pci_addr_compare(device->pf, pf->addr))
			return device;
	}
	return NULL;
}

/* All of them with one driver of VFIO: the card's entry says it. Else each one that is says it itself. */
static void take_drivers(struct draft_card *card, const struct host *host)
{
	uint32_t with_vfio = 0;
	bool alike = true;

	for (uint32_t i = 0; i < card->count; i++) {
		const struct pci_device *vf = find_vf(host, card->device, (int)i);

		if (!vf || !pci_driver_is_vfio(vf->driver))
			continue;
		text_copy(card->vf[i].driver, sizeof(card->vf[i].driver), vf->driver);
		alike = alike && (!with_vfio || !strcmp(card->vf_driver, vf->driver));
		if (!with_vfio++)
			text_copy(card->vf_driver, sizeof(card->vf_driver), vf->driver);
	}
	if (alike && with_vfio == card->count)
		for (uint32_t i = 0; i < card->count; i++)
			card->vf[i].driver[0] = '\0';
	else
		card->vf_driver[0] = '\0';
	for (uint32_t i = 0; i < card->count; i++)
		card->vf[i].said = card->vf[i].driver[0];
}

/* What an operator has set: not what every VF begins with. */
static void forget_neutral(struct vf_settings *set)
{
	set->has_stats = false;
	if (mac_is_zero(&set->mac) || mac_is_multicast(&set->mac))
		set->has_mac = false;
	if (set->vlan == 0) {
		set->vlan = VF_UNSET;
		set->qos = VF_UNSET;
		set->vlan_proto = VF_UNSET;
	}
	if (set->qos == 0)
		set->qos = VF_UNSET;
	if (set->vlan_proto == 0x8100)
		set->vlan_proto = VF_UNSET;
	if (set->min_tx_rate == 0)
		set->min_tx_rate = VF_UNSET;
	if (set->max_tx_rate == 0)
		set->max_tx_rate = VF_UNSET;
	if (set->link_state == VF_LINK_AUTO)
		set->link_state = VF_UNSET;
	if (set->query_rss == 0)
		set->query_rss = VF_UNSET;
	if (!set->node_guid)
		set->has_node_guid = false;
	if (!set->port_guid)
		set->has_port_guid = false;
}

static bool says_something(const struct vf_settings *set)
{
	char text[VF_TEXT_SIZE];

	return vf_settings_to_text(set, text, sizeof(text))[0];
}

/* One address of two VFs (none of them may be all that a driver tells) is nothing that a file may say. */
static bool is_anothers(const struct draft_card *card, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (card->vf[i].set.has_mac &&
			!memcmp(&card->vf[i].set.mac, &card->vf[index].set.mac, sizeof(card->vf[i].set.mac)))
			return true;
	return false;
}

static int take_settings(struct draft_card *card, const struct host *host)
{
	struct vf_settings *settings = calloc(VF_SETTINGS_MAX, sizeof(*settings));
	size_t count = 0;

	if (!settings)
		return -ENOMEM;
	if (card->device->netdev_count)
		(void)vf_settings_look(&host->root, card->device->netdevs[0].text, settings, VF_SETTINGS_MAX, &count);
	for (uint32_t i = 0; i < card->count && i < count; i++) {
		card->vf[i].set = settings[i];
		forget_neutral(&card->vf[i].set);
		if (card->vf[i].set.has_mac && is_anothers(card, i))
			card->vf[i].set.has_mac = false;
		card->vf[i].said = card->vf[i].said || says_something(&card->vf[i].set);
	}
	free(settings);
	return 0;
}

static int take_vfs(struct draft_card *card, const struct host *host)
{
	card->is_split = true;
	card->count = card->device->sriov.num_vfs;
	card->vf = calloc(card->count + 1, sizeof(*card->vf));
	if (!card->vf)
		return -ENOMEM;
	for (uint32_t i = 0; i < card->count; i++)
		vf_settings_init(&card->vf[i].set);
	take_drivers(card, host);
	return take_settings(card, host);
}

struct draft_card *draft_find(const struct draft *draft, const struct pci_device *device)
{
	struct pci_addr addr = device->is_vf ? device->pf : device->addr;

	for (size_t i = 0; i < draft->count; i++)
		if (!pci_addr_compare(draft->card[i].device->addr, addr))
			return &draft->card[i];
	return NULL;
}

static void take_time(const struct host *host, struct draft *draft)
{
	time_t now = time(NULL);
	struct tm parts;

	if (!host->root.captured && gmtime_r(&now, &parts))
		strftime(draft->time, sizeof(draft->time), "%Y-%m-%d", &parts);
	if (sysroot_read_text(&host->root, draft->host_name, sizeof(draft->host_name), "proc/sys/kernel/hostname") <
			0 ||
		!text_is_name(draft->host_name))
		draft->host_name[0] = '\0';
}

int draft_host(const struct host *host, struct draft *ret_draft, struct error *err)
{
	struct draft draft = { 0 };
	int ret = 0;

	for (size_t i = 0; i < host->pci.count && ret == 0; i++)
		if (gets_a_name(&host->pci.devices[i]))
			ret = draft_add(&draft, host, &host->pci.devices[i]);
	if (!ret)
		ret = settle(&draft);
	for (size_t i = 0; i < draft.count && ret == 0; i++) {
		struct draft_card *card = &draft.card[i];

		if (card->device->sriov.num_vfs)
			ret = take_vfs(card, host);
		else if (pci_driver_is_vfio(card->device->driver))
			text_copy(card->driver, sizeof(card->driver), card->device->driver);
	}
	if (ret < 0) {
		draft_done(&draft);
		return fail(err, -ret, "look at this host");
	}
	take_time(host, &draft);
	*ret_draft = draft;
	return 0;
}
