// SPDX-License-Identifier: GPL-2.0-or-later
/* What the questions of a plan share; see look.h. */
#include "plan/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

struct look_pf {
	struct pci_addr addr;
	struct vf_settings *vf; /* owned; NULL: its driver does not say */
	size_t count;
};

void look_begin(struct look *look, const struct host *host)
{
	*look = (struct look){ .host = host };
}

void look_end(struct look *look)
{
	for (size_t i = 0; i < look->pf_count; i++)
		free(look->pf[i].vf);
	free(look->pf);
	free(look->vf);
	*look = (struct look){ .host = NULL };
}

void look_again(struct look *look, const struct host *host)
{
	look_end(look);
	look->host = host;
}

int look_parse_vf(const char *target, struct pci_addr *ret_pf, unsigned int *ret_index)
{
	const char *slash = strrchr(target, '/');
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t index;

	if (!slash || (size_t)(slash - target) >= sizeof(name) || text_to_u64(slash + 1, UINT16_MAX, &index) < 0)
		return -EINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)(slash - target), target);
	if (pci_addr_parse(name, ret_pf) < 0)
		return -EINVAL;
	*ret_index = (unsigned int)index;
	return 0;
}

const char *look_vf_name(struct pci_addr pf, unsigned int index, char *buf, size_t size)
{
	char name[PCI_ADDR_TEXT_SIZE];

	snprintf(buf, size, "%s/%u", pci_addr_text(pf, name), index);
	return buf;
}

static int compare_vfs(const void *one, const void *other)
{
	const struct pci_device *const *a = one, *const *b = other;
	int order = pci_addr_compare((*a)->pf, (*b)->pf);

	return order ? order : (*a)->vf_index - (*b)->vf_index;
}

/* All VFs by PF and index, made at the first question: an inventory is by address. */
static bool index_vfs(struct look *look)
{
	const struct pci_inventory *pci = &look->host->pci;

	if (look->vf)
		return true;
	look->vf = calloc(pci->count + 1, sizeof(*look->vf));
	for (size_t i = 0; look->vf && i < pci->count; i++)
		if (pci->devices[i].is_vf)
			look->vf[look->vf_count++] = &pci->devices[i];
	if (look->vf)
		qsort(look->vf, look->vf_count, sizeof(*look->vf), compare_vfs);
	return look->vf;
}

static const struct pci_device *find_vf(struct look *look, struct pci_addr pf, unsigned int index)
{
	const struct pci_device wanted = { .pf = pf, .vf_index = (int)index };
	const struct pci_device *key = &wanted;
	const struct pci_device **found;

	if (!index_vfs(look))
		return NULL;
	found = bsearch(&key, look->vf, look->vf_count, sizeof(*look->vf), compare_vfs);
	return found ? *found : NULL;
}

static const struct pci_device *find_target(struct look *look, const char *target)
{
	struct pci_addr addr;
	unsigned int index;

	if (!look_parse_vf(target, &addr, &index))
		return find_vf(look, addr, index);
	return pci_addr_parse(target, &addr) < 0 ? NULL : pci_inventory_find(&look->host->pci, addr);
}

int look_device(struct look *look, const char *target, const struct pci_device **ret_device, struct error *err)
{
	const struct pci_device *device = find_target(look, target);

	if (!device) {
		bool is_vf = strchr(target, '/');

		fail_code(err, is_vf ? CODE_NO_SUCH_VF : CODE_NO_SUCH_DEVICE, ENOENT, "there is no %s %s",
			is_vf ? "VF" : "device", target);
		return fail_hint(err, "`sluice %s` shows those that there are", is_vf ? "vf list" : "list");
	}
	*ret_device = device;
	return 0;
}

static struct look_pf *find_pf(struct look *look, const struct pci_device *pf)
{
	struct look_pf *all;

	for (size_t i = look->pf_count; i-- > 0;)
		if (!pci_addr_compare(look->pf[i].addr, pf->addr))
			return &look->pf[i];
	all = realloc(look->pf, (look->pf_count + 1) * sizeof(*all));
	if (!all)
		return NULL;
	look->pf = all;
	all[look->pf_count] = (struct look_pf){ .addr = pf->addr };
	return &all[look->pf_count++];
}

static void read_pf(const struct look *look, const struct pci_device *pf, struct look_pf *known)
{
	struct vf_settings *vf = calloc(VF_SETTINGS_MAX, sizeof(*vf));

	if (vf)
		known->count = vf_target_read_all(&look->host->root, pf, vf, VF_SETTINGS_MAX);
	if (known->count)
		known->vf = take_ptr(vf);
	free(vf);
}

int look_vf_settings(struct look *look, const struct pci_device *pf, unsigned int index,
	const struct vf_settings **ret_settings, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct look_pf *known = find_pf(look, pf);

	if (!known)
		return fail(err, ENOMEM, "look at VFs");
	pci_addr_text(pf->addr, name);
	if (!known->vf)
		read_pf(look, pf, known);
	if (!known->vf) {
		fail_code(err, CODE_VF_REJECTED, EOPNOTSUPP, "%s: nobody says anything of its VFs' settings", name);
		return fail_hint(err, "a PF without its driver has none to set them by: 'sluice show %s'", name);
	}
	if (index >= known->count)
		return fail_code(
			err, CODE_NO_SUCH_VF, ENOENT, "%s has no VF %u: it has %zu", name, index, known->count);
	*ret_settings = &known->vf[index];
	return 0;
}
