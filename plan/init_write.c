// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A draft as YAML: what holds as lines, what could be said as comments, by the schema's rows. A text is quoted unless
 * every reader of YAML takes it for a text.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "plan/init.h"
#include "plan/schema.h"
#include "sriov/vf_text.h"

enum {
	COMMENT_WIDTH = 100,
};

/* Texts --------------------------------------------------------------------------------------------------------- */

/* Letters first, and nothing that could end or begin something else. */
static bool is_plain(const char *text)
{
	static const char *const words[] = { "true", "false", "on", "off", "yes", "no", "null", "y", "n" };

	if (!isalpha((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < array_size(words); i++)
		if (!strcasecmp(text, words[i]))
			return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_./-", *text))
			return false;
	return true;
}

static void put_text(FILE *out, const char *text)
{
	char shown[700];

	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (utf8_clean(text, shown, sizeof(shown)), text = shown; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

/* Words of a comment, broken at COMMENT_WIDTH; line ends and what is not to be seen are cleaned. */
static void put_comment(FILE *out, const char *indent, const char *text)
{
	char shown[1200];
	size_t column = 0;

	utf8_clean(text, shown, sizeof(shown));
	for (const char *at = shown; *at;) {
		size_t length = strcspn(at, " ");

		if (column && column + 1 + length > COMMENT_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = (size_t)fprintf(out, "%s#", indent);
		column += (size_t)fprintf(out, " %.*s", (int)length, at);
		at += length + strspn(at + length, " ");
	}
	fputc('\n', out);
}

/* What the schema says of a key at the top. */
static void put_section(FILE *out, const char *key)
{
	fputc('\n', out);
	put_comment(out, "", schema_find(schema_root.rows, key)->doc);
}

static void put_number(FILE *out, const char *key, const char *value)
{
	if (!value[0])
		return;
	fprintf(out, "    %s: ", key);
	put_text(out, value);
	fputc('\n', out);
}

/* Aliases ------------------------------------------------------------------------------------------------------- */

static void put_alias(FILE *out, const struct draft_card *card)
{
	const struct pci_device *device = card->device;
	const struct pci_identity *identity = &card->identity;
	char addr[PCI_ADDR_TEXT_SIZE], what[300];

	if (!identity->path[0] && !pci_identity_is_certain(identity)) {
		snprintf(what, sizeof(what), "%s (%s) has no name: nothing is known that it would keep",
			pci_addr_text(device->addr, addr), device->name[0] ? device->name : device->class_name);
		put_comment(out, "  ", what);
		return;
	}
	snprintf(what, sizeof(what), "%s %s%s%s%s%s", pci_addr_text(device->addr, addr), device->vendor,
		device->vendor[0] ? " " : "", device->name[0] ? device->name : device->class_name,
		device->driver[0] ? ", driver " : "", device->driver);
	put_comment(out, "  ", what);
	fprintf(out, "  %s:\n", card->name);
	put_number(out, "path", identity->path);
	fprintf(out, "    ids: \"%04x:%04x:%04x:%04x\"\n", identity->vendor_id, identity->device_id,
		identity->subsystem_vendor_id, identity->subsystem_id);
	if (!identity->path[0])
		fprintf(out, "    function: %u\n", identity->function);
	put_number(out, "serial", identity->serial);
	put_number(out, "unique", identity->unique);
	put_number(out, "vpd", identity->vpd);
	put_number(out, "mac", identity->mac);
}

static bool has_name(const struct draft_card *card)
{
	return card->identity.path[0] || pci_identity_is_certain(&card->identity);
}

static void put_aliases(FILE *out, const struct draft *draft)
{
	put_section(out, "aliases");
	fputs("aliases:\n", out);
	for (size_t i = 0; i < draft->count; i++)
		put_alias(out, &draft->card[i]);
}

/* Host ---------------------------------------------------------------------------------------------------------- */

static void put_examples(FILE *out, const struct schema_row *rows)
{
	for (; rows->key; rows++) {
		put_comment(out, "  ", rows->doc);
		fprintf(out, "  # %s\n", rows->example);
	}
}

static void put_host(FILE *out, const struct draft *draft)
{
	put_section(out, "host");
	fputs("host:\n", out);
	if (draft->iommu[0])
		fprintf(out, "  iommu: %s\n", draft->iommu);
	if (draft->argument_count) {
		fputs("  kernel_arguments:\n", out);
		for (size_t i = 0; i < draft->argument_count; i++) {
			fputs("    - ", out);
			put_text(out, draft->argument[i]);
			fputc('\n', out);
		}
	}
	put_examples(out, schema_find(schema_root.rows, "host")->rows);
}

/* SR-IOV -------------------------------------------------------------------------------------------------------- */

/* Numbers, switches and kinds of VLAN tags are what they are; a text is quoted where that is needed. */
static void put_setting(FILE *out, const char *before, const char *key, const char *value)
{
	fprintf(out, "%s%s: ", before, key);
	if (strspn(value, "0123456789") == strlen(value) || !strcmp(value, "on") || !strcmp(value, "off") ||
		text_starts_with(value, "802.1"))
		fputs(value, out);
	else
		put_text(out, value);
}

/* "vlan=100 spoofchk=on" as "vlan: 100, spoofchk: on". */
static void put_settings(FILE *out, const struct vf_settings *set, const char *driver)
{
	char text[512], *rest = text, *word;
	const char *between = "";

	vf_settings_to_text(set, text, sizeof(text));
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		put_setting(out, between, word, value);
		between = ", ";
	}
	if (driver[0])
		put_setting(out, between, "driver", driver);
}

/* Alike, and next to each other: one entry with a range. */
static uint32_t end_of_run(const struct draft_card *card, uint32_t first)
{
	const struct draft_vf *vf = &card->vf[first];
	char text[512], other[512];
	uint32_t end = first + 1;

	vf_settings_to_text(&vf->set, text, sizeof(text));
	for (; end < card->count && !vf->set.has_mac && card->vf[end].said; end++)
		if (strcmp(vf_settings_to_text(&card->vf[end].set, other, sizeof(other)), text) != 0 ||
			strcmp(card->vf[end].driver, vf->driver) != 0 ||
			strcmp(card->vf[end].comment, vf->comment) != 0)
			break;
	return end;
}

static void put_vfs(FILE *out, const struct draft_card *card)
{
	bool begun = false;
	uint32_t end;

	for (uint32_t i = 0; i < card->count; i = end) {
		end = i + 1;
		if (!card->vf[i].said)
			continue;
		end = end_of_run(card, i);
		if (!begun)
			fputs("    vfs:\n", out);
		begun = true;
		if (card->vf[i].comment[0])
			put_comment(out, "      ", card->vf[i].comment);
		fprintf(out, end > i + 1 ? "      %u-%u: {" : "      %u: {", i, end - 1);
		put_settings(out, &card->vf[i].set, card->vf[i].driver);
		fputs("}\n", out);
	}
}

static void put_split(FILE *out, const struct draft_card *card)
{
	if (card->comment[0])
		put_comment(out, "  ", card->comment);
	if (!card->is_split) {
		fprintf(out, "  # %s: {count: %u, driver: vfio}\n", card->name, card->device->sriov.total_vfs);
		return;
	}
	fprintf(out, "  %s:\n    count: %u # of %u\n", card->name, card->count, card->device->sriov.total_vfs);
	if (card->vf_driver[0]) {
		fputs("    driver: ", out);
		put_text(out, card->vf_driver);
		fputc('\n', out);
	}
	put_vfs(out, card);
}

static void put_sriov(FILE *out, const struct draft *draft)
{
	bool any = false;

	put_section(out, "sriov");
	fputs("sriov:\n", out);
	for (size_t i = 0; i < draft->count; i++)
		if (has_name(&draft->card[i]) && (draft->card[i].is_split || draft->card[i].device->sriov.total_vfs)) {
			put_split(out, &draft->card[i]);
			any = true;
		}
	if (!any)
		put_comment(out, "  ", "none of this host's devices can be split");
}

/* Devices, pools, guests ---------------------------------------------------------------------------------------- */

static void put_devices(FILE *out, const struct draft *draft)
{
	bool any = false;

	put_section(out, "devices");
	fputs("devices:\n", out);
	for (size_t i = 0; i < draft->count; i++) {
		const struct draft_card *card = &draft->card[i];

		if (!has_name(card) || !card->driver[0])
			continue;
		any = true;
		if (card->comment[0] && !card->is_split)
			put_comment(out, "  ", card->comment);
		fprintf(out, "  %s: {driver: ", card->name);
		put_text(out, card->driver);
		fprintf(out, "%s}\n", card->early ? ", early: true" : "");
	}
	if (!any && draft->count)
		fprintf(out, "  # %s: vfio\n", draft->card[draft->count - 1].name);
}

static void put_pools(FILE *out, const struct draft *draft)
{
	put_section(out, "pools");
	fputs("pools:\n", out);
	for (size_t i = 0; i < draft->pool_count; i++) {
		if (draft->pool[i].comment[0])
			put_comment(out, "  ", draft->pool[i].comment);
		fprintf(out, "  %s: [%s]\n", draft->pool[i].name, draft->pool[i].members);
	}
	if (!draft->pool_count)
		fprintf(out, "  # %s\n", "spare: [NAME/2-3]");
}

static void put_rest(FILE *out)
{
	put_section(out, "guests");
	fputs("guests:\n", out);
	fputs("  # web1:\n  #   kernel: /srv/web1/vmlinuz\n  #   memory: 2G\n  #   devices: [NAME/0]\n", out);
	put_section(out, "policy");
	fputs("policy:\n", out);
	put_examples(out, schema_find(schema_root.rows, "policy")->rows);
}

static void put_notes(FILE *out, const char *title, const struct import_note *note, size_t count)
{
	char text[500];

	if (!count)
		return;
	fputs("#\n", out);
	put_comment(out, "", title);
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "- %s%s%s", note[i].place, note[i].place[0] ? ": " : "", note[i].text);
		put_comment(out, "", text);
	}
}

static void put_import(FILE *out, const struct import *import)
{
	if (!import)
		return;
	put_notes(
		out, "Where the files that were read contradict each other:", import->conflict, import->conflict_count);
	put_notes(out, "What could not be carried over:", import->left, import->left_count);
}

static void put_title(FILE *out, const struct draft *draft, bool imported)
{
	char text[500];

	snprintf(text, sizeof(text),
		"What %s should be. Made by 'sluice init'%s%s from the host as it is%s. Change it, look at 'sluice "
		"plan', then "
		"'sluice apply'. All keys: docs/config.md.",
		draft->host_name[0] ? draft->host_name : "this host", draft->time[0] ? " on " : "", draft->time,
		imported ? ", and from what other programs' files would make of it"
			 : ": applied unchanged, it changes nothing");
	put_comment(out, "", text);
}

char *draft_write(const struct draft *draft, const struct import *import)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_title(out, draft, import != NULL);
	put_import(out, import);
	fputs("version: 1\n", out);
	put_aliases(out, draft);
	put_host(out, draft);
	put_sriov(out, draft);
	put_devices(out, draft);
	put_pools(out, draft);
	put_rest(out);
	if (fclose(out) < 0) {
		free(text);
		return NULL;
	}
	return text;
}
