/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `attach` and `detach`: one request to the process that looks after a guest, on the socket "supervisor" of the guest's
 * directory (SOCK_SEQPACKET, one request, one answer, for its owner only). That process does the work, hotplug.h: it
 * takes the device for the guest, and gives it back when the guest has let go of it.
 */
#ifndef GUEST_ATTACH_H
#define GUEST_ATTACH_H

#include <stdbool.h>

#include "base/error.h"
#include "os/sysroot.h"
#include "sriov/sriov.h"
#include "wire/launch.h"

enum attach_op {
	ATTACH_GIVE = 1,
	ATTACH_TAKE_BACK,
	ATTACH_COULD_RETURN, /* nothing is done: could the guest be given the device again once it was taken back? */
};

/* What an operator said by the device's name: --allow-no-reset, --allow-unclean, --allow-iommu-bypass. */
struct attach_accepted {
	bool no_reset, unclean, bypass;
};

struct attach_request {
	uint32_t version; /* LAUNCH_VERSION */
	uint32_t op;
	struct attach_accepted accepted; /* GIVE: of all of them */
	bool pull;                       /* TAKE_BACK: without asking the guest */
	uint32_t timeout_ms;             /* TAKE_BACK: how long the guest has before the device is pulled */
	uint32_t device_count;           /* GIVE: functions of one card, 1 to 8; else 1: the others come along */
	struct {
		uint32_t on_error;     /* GIVE: enum on_error */
		bool has_vf;           /* GIVE: something is said of the VF that it is */
		struct vf_settings vf; /* as assign_wish has it */
		char name[128];        /* as typed */
	} device[LAUNCH_FUNCTION_MAX];
};

struct attach_answer {
	struct error error;              /* errnum 0: done */
	bool pulled;                     /* TAKE_BACK: the guest had not let go of it */
	struct attach_accepted accepted; /* COULD_RETURN: what a GIVE has to say then, as on_error */
	uint32_t device_count;
	struct {
		char address[16];  /* the host's */
		char in_guest[16]; /* GIVE: where the guest has it, "03:00.0" */
		uint32_t on_error; /* COULD_RETURN: what a GIVE has to say then */
	} device[LAUNCH_FUNCTION_MAX];
};

/* Ask, and wait for the answer. The error is the answer's, or why there is none. */
int guest_attach(const struct sysroot *root, const char *name, const struct attach_request *request,
	struct attach_answer *ret_answer, struct error *err);

#endif
