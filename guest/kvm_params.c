// SPDX-License-Identifier: GPL-2.0-or-later
/* /sys/module/kvm_intel/parameters/ept and /sys/module/kvm_amd/parameters/npt: Y or 1 when in use. */
#include "guest/kvm_params.h"

#include <stdio.h>

#include "base/cleanup.h"

void kvm_paging_read(const struct sysroot *root, struct kvm_paging *ret_paging)
{
	static const struct {
		const char *module, *parameter;
	} places[] = { { "kvm_intel", "ept" }, { "kvm_amd", "npt" } };

	*ret_paging = (struct kvm_paging){ .module = "", .parameter = "" };
	snprintf(ret_paging->evidence, sizeof(ret_paging->evidence),
		"neither kvm_intel nor kvm_amd shows its parameters");
	for (size_t i = 0; i < array_size(places); i++) {
		char value[8];

		if (sysroot_read_text(root, value, sizeof(value), "sys/module/%s/parameters/%s", places[i].module,
			    places[i].parameter) <= 0)
			continue;
		ret_paging->state = value[0] == 'Y' || value[0] == '1' ? KVM_PAGING_ON : KVM_PAGING_OFF;
		ret_paging->module = places[i].module;
		ret_paging->parameter = places[i].parameter;
		snprintf(ret_paging->evidence, sizeof(ret_paging->evidence), "/sys/module/%s/parameters/%s is %s",
			places[i].module, places[i].parameter, value);
		return;
	}
}
