// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of VFs to text and back; see vf_text.h. */
#include "sriov/vf_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/vf_key.h"

#define STATS "stats="

const char *vf_settings_to_text(const struct vf_settings *settings, char *buf, size_t size)
{
	const struct vf_stats *stats = &settings->stats;
	size_t used = 0;

	buf[0] = '\0';
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));) {
		char text[192];

		if (*vf_key_text(key, settings, text, sizeof(text)) && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "", text);
	}
	if (settings->has_stats && used < size)
		snprintf(buf + used, size - used,
			"%s" STATS "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
			",%" PRIu64,
			used ? " " : "", stats->rx_packets, stats->tx_packets, stats->rx_bytes, stats->tx_bytes,
			stats->rx_dropped, stats->tx_dropped, stats->broadcast, stats->multicast);
	return buf;
}

/* Six counters in files of an older sluice, eight in today's. */
static int take_stats(const char *text, struct vf_settings *settings)
{
	struct vf_stats *stats = &settings->stats;

	settings->has_stats =
		sscanf(text,
			"%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64,
			&stats->rx_packets, &stats->tx_packets, &stats->rx_bytes, &stats->tx_bytes, &stats->rx_dropped,
			&stats->tx_dropped, &stats->broadcast, &stats->multicast) >= 6;
	return settings->has_stats ? 0 : -EINVAL;
}

int vf_settings_from_text(const char *text, struct vf_settings *ret_settings)
{
	struct vf_settings settings;
	char copy[VF_TEXT_SIZE];
	char *rest = copy;
	char *word;

	vf_settings_init(&settings);
	if (!text_copy(copy, sizeof(copy), text))
		return -EINVAL;
	while ((word = strsep(&rest, " "))) {
		int ret = 0;

		if (text_starts_with(word, STATS))
			ret = take_stats(word + strlen(STATS), &settings);
		else if (*word)
			ret = vf_settings_parse(&settings, word, NULL);
		if (ret < 0)
			return ret;
	}
	*ret_settings = settings;
	return 0;
}

int vf_settings_look_at(const struct sysroot *root, const char *ifname, unsigned int index,
	struct vf_settings *ret_settings, struct error *err)
{
	char key[64], text[VF_TEXT_SIZE];

	if (!root->captured)
		return vf_settings_read(ifname, index, ret_settings, err);
	snprintf(key, sizeof(key), "%s/%u", ifname, index);
	if (sysroot_read_answer(root, "vf_settings", key, text, sizeof(text)) < 0 ||
		vf_settings_from_text(text, ret_settings) < 0)
		return fail_code(err, CODE_FAILED, ENODATA, "the settings of VFs were not captured");
	return 0;
}

int vf_settings_look(
	const struct sysroot *root, const char *ifname, struct vf_settings *ret_settings, size_t max, size_t *ret_count)
{
	size_t count = 0;

	if (!root->captured)
		return vf_settings_read_all(ifname, ret_settings, max, ret_count, NULL);
	while (count < max && !vf_settings_look_at(root, ifname, (unsigned int)count, &ret_settings[count], NULL))
		count++;
	*ret_count = count;
	return 0;
}
