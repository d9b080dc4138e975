// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs are taken back from guests; see drain.h. */
#include "guest/drain.h"

#include <errno.h>
#include <stdlib.h>

#include "assign/lease.h"
#include "base/text.h"
#include "guest/attach.h"

static bool is_one_of(const struct pci_addr *pfs, size_t count, struct pci_addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(pfs[i], addr))
			return true;
	return false;
}

static int take_back(const struct host *host, struct drained *drained, uint32_t timeout_ms, struct error *err)
{
	struct attach_request request = { .op = ATTACH_TAKE_BACK, .timeout_ms = timeout_ms, .device_count = 1 };
	struct attach_answer answer;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret;

	text_copy(request.device[0].name, sizeof(request.device[0].name), pci_addr_text(drained->addr, name));
	ret = guest_attach(&host->root, drained->guest, &request, &answer, err);
	if (!ret)
		drained->pulled = answer.pulled;
	return ret;
}

int guest_drain(const struct host *host, const struct pci_addr *pfs, size_t count, uint32_t timeout_ms,
	struct drained **ret_drained, size_t *ret_count, struct error *err)
{
	*ret_count = 0;
	*ret_drained = calloc(host->pci.count + 1, sizeof(**ret_drained));
	if (!*ret_drained)
		return fail(err, ENOMEM, "take VFs back");
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *vf = &host->pci.devices[i];
		struct drained *drained = &(*ret_drained)[*ret_count];
		int ret;

		drained->addr = vf->addr;
		if (!vf->is_vf || !is_one_of(pfs, count, vf->pf) || !lease_guest(&host->root, vf->addr, drained->guest))
			continue;
		ret = take_back(host, drained, timeout_ms, err);
		if (ret < 0)
			return ret;
		++*ret_count;
	}
	return 0;
}
