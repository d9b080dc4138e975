// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof as sentences: each function that the kernel's rule looks at, what was found there, and what follows. Reads
 * nothing but the topology; what was not readable is said, never guessed. What would isolate: proof_advice.c.
 */
#include "iommu/proof.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/quirk.h"

/* The newest Linux whose rule was read. */
enum {
	RULE_MAJOR = 7,
	RULE_MINOR = 2,
};

static const struct {
	unsigned int bit;
	const char *name;
} acs_names[] = {
	{ ACS_SOURCE_VALIDATION, "SV" },
	{ ACS_REQUEST_REDIRECT, "RR" },
	{ ACS_COMPLETION_REDIRECT, "CR" },
	{ ACS_UPSTREAM_FORWARDING, "UF" },
};

const char *acs_bits_text(unsigned int bits, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < array_size(acs_names); i++)
		if (bits & acs_names[i].bit && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", acs_names[i].name);
	return buf;
}

/* Append a step; the first that does not fit are dropped, which 64 do not allow but a broken tree might. */
static struct proof_step *add_step(
	struct proof *proof, const struct topology_function *function, const char *property, const char *value)
{
	static const struct proof_step empty;
	struct proof_step *step;

	if (proof->step_count == PROOF_STEP_MAX)
		proof->step_count--;
	step = &proof->step[proof->step_count++];
	*step = empty;
	step->device = function->addr;
	snprintf(step->property, sizeof(step->property), "%s", property);
	snprintf(step->value, sizeof(step->value), "%s", value);
	return step;
}

__attribute__((format(printf, 3, 4))) static void conclude(struct proof_step *step, bool merges, const char *fmt, ...)
{
	va_list args;

	step->merges = merges;
	va_start(args, fmt);
	vsnprintf(step->consequence, sizeof(step->consequence), fmt, args);
	va_end(args);
}

/* What its ACS is: "SV, RR, CR, UF enabled", "missing RR, CR", "no ACS capability". */
static const char *acs_value(
	const struct topology *topology, const struct topology_function *function, char *buf, size_t size)
{
	unsigned int missing = topology_acs_missing(topology, function);
	char bits[24];

	if (!function->has_acs)
		snprintf(buf, size, "no ACS capability");
	else if (missing)
		snprintf(buf, size, "missing %s", acs_bits_text(missing, bits, sizeof(bits)));
	else if (!(function->acs_supported & ACS_REQUIRED))
		snprintf(buf, size, "no peer-to-peer to redirect");
	else
		snprintf(buf, size, "%s %s", acs_bits_text(function->acs_supported & ACS_REQUIRED, bits, sizeof(bits)),
			topology->would_only ? "supported" : "enabled");
	return buf;
}

static void prove_aliases(struct proof *proof, const struct topology *topology, int index)
{
	const struct topology_function *self = &topology->function[index];

	for (size_t i = 0; i < topology->count; i++) {
		const struct topology_function *other = &topology->function[i];
		char name[PCI_ADDR_TEXT_SIZE];
		struct proof_step *step;

		if ((int)i == index || !topology_are_aliases(self, other))
			continue;
		step = add_step(proof, self, "dma_alias", pci_addr_text(other->addr, name));
		conclude(step, true,
			"one of them is known to use the other's requester ID (drivers/pci/quirks.c), so the IOMMU "
			"cannot "
			"tell them apart");
	}
}

static void prove_bridge(struct proof *proof, const struct topology_function *bridge)
{
	struct proof_step *step = add_step(proof, bridge, "bridge",
		bridge->express_type == PCI_EXPRESS_NONE ? "conventional PCI bridge"
							 : pci_express_type_name(bridge->express_type));
	char name[PCI_ADDR_TEXT_SIZE];

	conclude(step, true, "%s, so %s and all behind it are one group",
		bridge_quirk_keeps_ids(bridge)
			? "this kind of bridge has no access control"
			: "requests from behind it reach the IOMMU without their own requester ID",
		pci_addr_text(bridge->addr, name));
}

static void prove_port(struct proof *proof, const struct topology *topology, const struct topology_function *port)
{
	const struct acs_quirk *quirk = acs_quirk_find(topology, port);
	bool isolates = topology_isolates(topology, port);
	char value[112];
	struct proof_step *step = add_step(proof, port, "acs", acs_value(topology, port, value, sizeof(value)));
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(port->addr, name);
	if (quirk)
		conclude(step, !isolates, "%s%s", acs_quirk_reason(quirk),
			isolates ? "" : ", which is not switched on here: all below it is one group with it");
	else if (!isolates)
		conclude(step, true,
			"the %s may pass requests between devices without showing them to the IOMMU, so %s and all "
			"below "
			"it are one group",
			pci_express_type_name(port->express_type), name);
	else if (port->express_type == PCI_EXPRESS_UPSTREAM && !port->multifunction)
		conclude(step, false, "a switch's only upstream port has nobody beside it to talk to");
	else
		conclude(step, false, "the %s sends every request from below up to the IOMMU",
			pci_express_type_name(port->express_type));
}

/* What is behind the function and in its group for its sake: below a port or bridge that merges, behind VMD. */
static void prove_below(struct proof *proof, const struct topology *topology, int index)
{
	const struct topology_function *self = &topology->function[index];
	char name[PCI_ADDR_TEXT_SIZE];
	struct proof_step *step;
	int below = -1;

	for (size_t i = 0; i < topology->count && below < 0; i++)
		if (topology->function[i].dma_via == index || topology->function[i].parent == index)
			below = (int)i;
	if (below < 0)
		return;
	if (topology->function[below].dma_via == index) {
		step = add_step(proof, self, "dma_alias", pci_addr_text(topology->function[below].addr, name));
		conclude(step, true,
			"it does the DMA of %s and of all others in that domain, with its own requester ID", name);
	} else if (topology_is_alias_bridge(self)) {
		prove_bridge(proof, self);
	} else if (!topology_isolates(topology, self)) {
		prove_port(proof, topology, self);
	}
}

static void prove_self(struct proof *proof, const struct topology *topology, int index)
{
	const struct topology_function *self = &topology->function[index];
	struct proof_step *step =
		add_step(proof, self, "type", self->known ? pci_express_type_name(self->express_type) : "");
	char name[PCI_ADDR_TEXT_SIZE];

	if (!self->known)
		conclude(step, false, "its configuration space could not be read: run as root");
	else if (self->is_vf)
		conclude(step, false, "a VF has a requester ID of its own");
	else if (self->express_type == PCI_EXPRESS_NONE)
		conclude(step, false, "%s",
			self->parent < 0 ? "in the root complex, with a requester ID of its own"
					 : "on a bus that has no requester IDs");
	else
		conclude(step, false, "its requests carry its own requester ID");
	if (self->dma_via < 0) {
		if (self->known)
			prove_below(proof, topology, index);
		return;
	}
	step = add_step(proof, self, "dma_alias", pci_addr_text(topology->function[self->dma_via].addr, name));
	conclude(step, true, "its DMA is done by the Volume Management Device %s, with that one's requester ID", name);
}

/* From the function up to the root. */
static void prove_way(struct proof *proof, const struct topology *topology, int index)
{
	int via = topology->function[index].dma_via;
	int at = topology->function[via < 0 ? index : via].parent;

	for (size_t depth = 0; at >= 0 && depth < topology->count; depth++) {
		const struct topology_function *bridge = &topology->function[at];

		if (!bridge->known)
			conclude(add_step(proof, bridge, "acs", ""), false,
				"its configuration space could not be read: run as root");
		else if (topology_is_alias_bridge(bridge))
			prove_bridge(proof, bridge);
		else
			prove_port(proof, topology, bridge);
		at = bridge->parent;
	}
}

/* Functions beside the anchor: of the device itself, or of the port that everything below shares with. */
static void prove_siblings(struct proof *proof, const struct topology *topology, int anchor)
{
	const struct topology_function *self = &topology->function[anchor];
	const struct acs_quirk *quirk = acs_quirk_find(topology, self);
	char value[112];
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(self->addr, name);
	for (size_t i = 0; i < topology->count; i++) {
		const struct topology_function *other = &topology->function[i];
		char other_name[PCI_ADDR_TEXT_SIZE];

		if ((int)i == anchor || !topology_are_unisolated_siblings(topology, self, other))
			continue;
		conclude(add_step(proof, other, "multifunction", acs_value(topology, other, value, sizeof(value))),
			true,
			"%s and %s are functions of one device, and neither is bound to send requests for the other up "
			"to "
			"the IOMMU",
			name, pci_addr_text(other->addr, other_name));
	}
	if (self->multifunction && topology_isolates(topology, self))
		conclude(add_step(proof, self, "multifunction", acs_value(topology, self, value, sizeof(value))), false,
			"%s", quirk ? acs_quirk_reason(quirk) : "its functions do not reach each other past the IOMMU");
}

static void collect_members(struct proof *proof, const struct topology *topology, const int *group, int index)
{
	for (size_t i = 0; i < topology->count && group[index] >= 0; i++) {
		/* What the kernel has in no group (an AMD IOMMU itself) is in none by the rule either. */
		if (group[i] != group[index] || (!topology->would_only && topology->function[i].kernel_group < 0) ||
			proof->member_count == IOMMU_GROUP_DEVICE_MAX)
			continue;
		proof->member[proof->member_count++] = topology->function[i].addr;
	}
}

/* How the kernel's group and the rule's differ: functions that only the one has, and that only the other has. */
struct difference {
	size_t kernel_only, rule_only;
};

static struct difference compare_with_kernel(const struct topology *topology, const int *group, int index)
{
	int kernel = topology->function[index].kernel_group;
	struct difference difference = { 0 };

	for (size_t i = 0; i < topology->count && kernel >= 0; i++) {
		bool by_kernel = topology->function[i].kernel_group == kernel;
		bool by_rule = group[i] == group[index];

		if (topology->function[i].kernel_group < 0 || group[i] < 0)
			continue;
		difference.kernel_only += by_kernel && !by_rule;
		difference.rule_only += by_rule && !by_kernel;
	}
	return difference;
}

/* The rule is that of Linux 6.12 to 7.2; a kernel after them may have another. */
static bool is_newer_kernel(const struct topology *topology)
{
	unsigned int major, minor;

	return sscanf(topology->release, "%u.%u", &major, &minor) == 2 &&
	       (major > RULE_MAJOR || (major == RULE_MAJOR && minor > RULE_MINOR));
}

/* The kernel has the last word on what VFIO gives away together; what may have moved it is said, not decided. */
static void conclude_difference(
	struct proof_step *step, const struct topology *topology, const struct difference *difference)
{
	char newer[128] = "";
	char size[64];

	if (difference->kernel_only && difference->rule_only)
		snprintf(size, sizeof(size), "not the one of the rule");
	else
		snprintf(size, sizeof(size), "%zu function%s %s than by the rule",
			difference->kernel_only + difference->rule_only,
			difference->kernel_only + difference->rule_only == 1 ? "" : "s",
			difference->kernel_only ? "more" : "fewer");
	if (is_newer_kernel(topology))
		snprintf(newer, sizeof(newer), "the rule of Linux %s, which is newer than what is known here, ",
			topology->release);
	if (difference->rule_only && topology->override)
		conclude(step, false,
			"%s: pcie_acs_override= on the kernel's command line splits what the hardware does not isolate",
			size);
	else
		conclude(step, false,
			"%s: %sa patched kernel, a quirk of it that is not known here, or ACS that was "
			"switched %s after boot; VFIO goes by the kernel's group",
			size, newer, difference->rule_only ? "off" : "on");
}

static void prove_kernel(
	struct proof *proof, const struct topology *topology, const struct difference *difference, int index)
{
	const struct topology_function *self = &topology->function[index];
	char value[32];
	struct proof_step *step;

	snprintf(value, sizeof(value), "group %d", self->kernel_group);
	step = add_step(proof, self, "kernel", self->kernel_group < 0 ? "no group" : value);
	if (self->kernel_group < 0)
		conclude(step, false, "%s",
			topology->would_only ? "the IOMMU is not translating; the proof says what its groups would be"
					     : "the kernel has it behind no IOMMU");
	else if (!proof->known)
		conclude(step, false, "what the kernel made of it; why could not be read");
	else if (proof->agrees)
		conclude(step, false, "as the rule says: %zu function%s", proof->member_count,
			proof->member_count == 1 ? "" : "s");
	else
		conclude_difference(step, topology, difference);
}

void proof_make(const struct sysroot *root, const struct topology *topology, const int *group, int index,
	struct proof *ret_proof)
{
	int anchor = topology_anchor(topology, index);
	struct difference difference;

	memset(ret_proof, 0, sizeof(*ret_proof));
	ret_proof->device = topology->function[index].addr;
	ret_proof->known = group[index] >= 0;
	difference = compare_with_kernel(topology, group, index);
	ret_proof->agrees = ret_proof->known && !difference.kernel_only && !difference.rule_only;
	collect_members(ret_proof, topology, group, index);
	prove_self(ret_proof, topology, index);
	prove_aliases(ret_proof, topology, index);
	prove_way(ret_proof, topology, index);
	if (ret_proof->known && anchor != index)
		prove_aliases(ret_proof, topology, anchor);
	if (ret_proof->known)
		prove_siblings(ret_proof, topology, anchor);
	prove_kernel(ret_proof, topology, &difference, index);
	proof_advise(ret_proof, root, topology, index);
}
