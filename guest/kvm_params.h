/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parameters of KVM's modules say about two-level paging (EPT on Intel, NPT on AMD). */
#ifndef GUEST_KVM_PARAMS_H
#define GUEST_KVM_PARAMS_H

#include "os/sysroot.h"

enum kvm_paging_state {
	KVM_PAGING_UNKNOWN, /* neither module shows a parameter */
	KVM_PAGING_ON,
	KVM_PAGING_OFF,
};

struct kvm_paging {
	enum kvm_paging_state state;
	const char *module, *parameter; /* "kvm_intel", "ept"; "" when unknown */
	char evidence[96];              /* the file and its value */
};

void kvm_paging_read(const struct sysroot *root, struct kvm_paging *ret_paging);

#endif
