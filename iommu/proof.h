/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a function is in the IOMMU group that it is in: the rule of topology.h, told step by step for one function, from
 * the function up to the root, then across to its siblings; and what would give it a group of its own.
 */
#ifndef IOMMU_PROOF_H
#define IOMMU_PROOF_H

#include "iommu/iommu.h"
#include "iommu/topology.h"

enum {
	PROOF_STEP_MAX = 64,
	PROOF_ADVICE_MAX = 8,
};

struct proof_step {
	struct pci_addr device;
	char property[24];     /* "type", "dma_alias", "bridge", "acs", "multifunction", "member", "kernel" */
	char value[112];       /* "missing RR, CR, UF"; "" where it could not be read */
	char consequence[256]; /* what follows from it, a sentence without full stop */
	bool merges;           /* this is what puts others into the group */
};

struct proof {
	struct pci_addr device;
	bool known;  /* everything on the way could be read */
	bool agrees; /* known, and the kernel's group is the one that the rule gives; true without a kernel's group */
	struct proof_step step[PROOF_STEP_MAX];
	size_t step_count;
	struct pci_addr member[IOMMU_GROUP_DEVICE_MAX]; /* by the rule, itself included; empty unless known */
	size_t member_count;
	char advice[PROOF_ADVICE_MAX][320]; /* what would isolate it; none when it is alone */
	size_t advice_count;
};

/*
 * Prove for function `index` of the topology; group is topology_group()'s answer. The names of slots are read below
 * root.
 */
void proof_make(const struct sysroot *root, const struct topology *topology, const int *group, int index,
	struct proof *ret_proof);

/*
 * The step that has the say in making the group large: the topmost on the way up, else a sibling; NULL when nothing
 * does. Points into the proof.
 */
const struct proof_step *proof_cause(const struct proof *proof);

/* Fill the advice of a proof whose steps and members are made: proof.c calls it. */
void proof_advise(struct proof *proof, const struct sysroot *root, const struct topology *topology, int index);

/* "SV, CR": ACS_REQUIRED bits by the names that lspci and the specification have for them. Returns buf. */
const char *acs_bits_text(unsigned int bits, char *buf, size_t size);

#endif
