// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on device nodes: may this user open them? They are opened, for modes and groups do not know of ACLs and
 * sandboxes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"

struct node {
	const char *path;
	const char *can, *absent;
	enum check_state refused; /* what a refusal means */
	const char *fix;
};

/* 0, an errno, or -1: not known of a captured host. */
static int try_to_open(const struct sysroot *root, const char *path)
{
	cleanup_close int fd = -1;
	char answer[16];
	uint64_t errnum;

	if (root->captured) {
		if (sysroot_read_answer(root, "access", path, answer, sizeof(answer)) <= 0 ||
			text_to_u64(answer, 4095, &errnum) < 0)
			return -1;
		return (int)errnum;
	}
	fd = sysroot_open_file(root, O_RDWR, "%s", path);
	return fd < 0 ? -fd : 0;
}

static void check_node(const struct facts *facts, const struct node *node, struct findings *findings)
{
	int errnum = try_to_open(&facts->host->root, node->path);

	if (errnum < 0) {
		finding_say(findings, CHECK_UNMEASURED, "a captured host has no users");
		return;
	}
	/* ENODEV: a node that waits for its module. */
	if (errnum == ENOENT || errnum == ENODEV) {
		finding_say(findings, CHECK_UNMEASURED, "%s", node->absent);
		return;
	}
	finding_evidence(findings, "open /%s: %s", node->path, errnum ? strerror(errnum) : "works");
	if (!errnum) {
		finding_say(findings, CHECK_OK, "%s", node->can);
		return;
	}
	finding_say(findings, node->refused, "this user cannot open /%s: %s", node->path, strerror(errnum));
	finding_fix(findings, "%s", node->fix);
}

static void check_kvm_permission(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct node kvm = {
		.path = "dev/kvm",
		.can = "this user may run guests",
		.absent = "there is no /dev/kvm",
		.refused = CHECK_FAIL,
		.fix = "run as root, or: sudo usermod -aG kvm \"$USER\", then log in again",
	};

	(void)device;
	check_node(facts, &kvm, findings);
}

static void check_vfio_permission(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct node vfio = {
		.path = "dev/vfio/vfio",
		.can = "this user may use VFIO",
		.absent = "/dev/vfio/vfio appears with the module",
		.refused = CHECK_WARN,
		.fix = "run as root, or: chmod 0666 /dev/vfio/vfio, which gives no device away",
	};

	(void)device;
	check_node(facts, &vfio, findings);
}

const struct check permission_checks[] = {
	{ CODE_KVM_PERM, SECTION_CPU, SCOPE_HOST, "KVM permission", "guests are run through /dev/kvm",
		check_kvm_permission },
	{ CODE_VFIO_PERM, SECTION_VFIO, SCOPE_HOST, "VFIO permission",
		"devices are given to guests through /dev/vfio/vfio", check_vfio_permission },
	{ .run = NULL },
};
