// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What would give a function a group of its own, in the order of trouble that it makes: a kernel argument, the
 * firmware, another slot. Nothing is advised that this host does not have: slots are looked for (slot.c), the argument
 * is tried on a copy of the topology first (acs_argument.c).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "iommu/acs_argument.h"
#include "iommu/proof.h"
#include "iommu/slot.h"

__attribute__((format(printf, 2, 3))) static void advise(struct proof *proof, const char *fmt, ...)
{
	va_list args;

	if (proof->advice_count == PROOF_ADVICE_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(proof->advice[proof->advice_count++], sizeof(proof->advice[0]), fmt, args);
	va_end(args);
}

/* Members that are devices: the bridges of a group are in it for what is below them, and are nobody's to give away. */
static size_t count_devices(const struct proof *proof, const struct topology *topology)
{
	size_t count = 0;

	for (size_t i = 0; i < proof->member_count; i++) {
		int at = topology_find(topology, proof->member[i]);

		count += at >= 0 && !topology->function[at].is_bridge;
	}
	return count;
}

/* Does it share with a function of its own device, wherever that is plugged in. */
static bool has_bound_sibling(const struct topology *topology, int index)
{
	for (size_t i = 0; i < topology->count; i++)
		if ((int)i != index && (topology_are_aliases(&topology->function[i], &topology->function[index]) ||
					       topology_are_unisolated_siblings(
						       topology, &topology->function[i], &topology->function[index])))
			return true;
	return false;
}

/*
 * The exact argument for the ports at fault, on kernels that have it. It makes the kernel's rule hold; it is no proof
 * that a port keeps to the bits that it says it has, and bits that a port does not have count as fine with the rule.
 */
static void advise_argument(struct proof *proof, const struct topology *topology, int index)
{
	struct acs_argument argument;

	if (!acs_argument_find(topology, index, &argument))
		return;
	if (topology->redirect_off)
		advise(proof, "remove disable_acs_redir= from pci= on the kernel's command line, if it names one of "
			      "these ports: it "
			      "takes redirection from them");
	if (!argument.known)
		advise(proof, "a kernel of 6.11 or later, with the argument %s", argument.text);
	else if (argument.ports > 1 && !argument.lists_work)
		advise(proof,
			"the kernel argument %s (quote the ';'), with Linux 6.15, 6.14.2, 6.13.11 or 6.12.23 and "
			"later: this "
			"one takes the first port of a list only",
			argument.text);
	else
		advise(proof,
			"the kernel argument %s%s; dmesg then says 'Configured ACS'. It shows what the ports claim, "
			"not "
			"that they keep to it",
			argument.text, argument.ports > 1 ? " (quote the ';' for the boot loader: \\;)" : "");
}

const struct proof_step *proof_cause(const struct proof *proof)
{
	const struct proof_step *sibling = NULL;

	for (size_t i = proof->step_count; i-- > 0;) {
		const struct proof_step *step = &proof->step[i];

		if (step->merges && strcmp(step->property, "multifunction") != 0)
			return step;
		if (step->merges && !sibling)
			sibling = step;
	}
	return sibling;
}

static void advise_cause(struct proof *proof, const struct topology *topology, const struct proof_step *cause)
{
	int at = topology_find(topology, cause->device);
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(cause->device, name);
	if (!strcmp(cause->property, "acs") || !strcmp(cause->property, "multifunction"))
		advise(proof, "ACS on %s: look for it in the firmware's setup (\"ACS\", \"PCIe access control\")%s",
			name,
			at >= 0 && !topology->function[at].has_acs
				? "; the kernel cannot switch on a capability that is not there"
				: "");
	else if (!strcmp(cause->property, "bridge"))
		advise(proof,
			"a PCI Express card in a PCI Express slot: nothing behind the bridge %s can have a group of "
			"its own",
			name);
}

static void advise_slots(struct proof *proof, const struct sysroot *root, const struct topology *topology, int index)
{
	struct slot_choice choice[PROOF_ADVICE_MAX - 3];
	size_t count = slot_choices(root, topology, index, choice, array_size(choice));
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		advise(proof, "the slot behind port %s%s%s%s", pci_addr_text(choice[i].port, name),
			choice[i].name[0] ? ", slot " : "", choice[i].name,
			choice[i].occupied ? " (in use now)" : " (free)");
	if (!count)
		advise(proof, "no port of this host that a card could move to isolates what is behind it");
}

void proof_advise(struct proof *proof, const struct sysroot *root, const struct topology *topology, int index)
{
	const struct topology_function *self = &topology->function[index];
	const struct proof_step *cause = proof_cause(proof);

	if (!cause || proof->member_count < 2)
		return;
	if (self->is_bridge) {
		advise(proof, "nothing: a bridge is not given to a guest, only what is behind it");
		return;
	}
	if (self->dma_via >= 0) {
		advise(proof, "VMD switched off for its slot in the firmware's setup: nothing behind a VMD has a group "
			      "of its own");
		return;
	}
	if (has_bound_sibling(topology, index)) {
		advise(proof,
			"nothing but a change of the device: its functions belong together; give them to one guest");
		return;
	}
	if (count_devices(proof, topology) < 2)
		advise(proof, "nothing has to: the others in the group are bridges, which stay with the host");
	advise_argument(proof, topology, index);
	advise_cause(proof, topology, cause);
	if (self->parent < 0)
		advise(proof, "it is built into the root complex and cannot be moved to another slot");
	else if (topology->function[self->parent].no_slot)
		advise(proof, "it is built in, and cannot be moved to another slot");
	else
		advise_slots(proof, root, topology, index);
}
