// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * YAML 1.2 to a tree with places, by libfyaml's events: no other file knows that library. What a configuration file
 * has no use for is refused where it is met, and so is what would be large when it is expanded: anchors, aliases,
 * tags, directives, several documents, keys that are no texts, keys that are there twice.
 */
#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "plan/config_node.h"
#include "wire/limits.h"

struct reader {
	struct arena *arena;
	const struct source *source;
	uint32_t file;
	struct config_findings *findings;
	struct fy_parser *parser;
	size_t nodes;
};

/* The text before YAML ------------------------------------------------------------------------------------------- */

static struct place place_at(const struct reader *reader, uint32_t line, size_t line_start, size_t offset)
{
	struct place place = { .file = reader->file, .line = line, .column = 1 };
	const char *text = reader->source->text;

	for (size_t at = line_start; at < offset;) {
		uint32_t character;
		int length = utf8_next(text + at, reader->source->size - at, &character);

		at += length > 0 ? (size_t)length : 1;
		place.column++;
	}
	return place;
}

/* Does the text have a character that no line of a configuration file has? Its length, else 0 with the reason. */
static size_t good_character(const char *at, size_t left, const char **ret_why)
{
	uint32_t character;
	int length;

	if (*at == '\t' || *at == '\n')
		return 1;
	if (*at == '\r') {
		*ret_why = "a carriage return without a line end";
		return left > 1 && at[1] == '\n';
	}
	*ret_why = "this is not UTF-8: is it a text file?";
	length = utf8_next(at, left, &character);
	if (length <= 0)
		return 0;
	*ret_why = "a control character: is it a text file?";
	return utf8_is_visible(character) ? (size_t)length : 0;
}

static bool check_text(const struct reader *reader)
{
	const char *text = reader->source->text;
	size_t size = reader->source->size;
	size_t line_start = 0;
	uint32_t line = 1;

	for (size_t at = 0; at < size;) {
		const char *why = NULL;
		size_t length = good_character(text + at, size - at, &why);

		if (!length || at - line_start >= LIMIT_CONFIG_LINE) {
			config_error(reader->findings, place_at(reader, line, line_start, at), "%s",
				length ? "the line is too long" : why);
			if (length)
				config_hint(reader->findings, "a line has at most %d bytes", LIMIT_CONFIG_LINE);
			return false;
		}
		if (text[at] == '\n') {
			line++;
			line_start = at + 1;
		}
		at += length;
	}
	return true;
}

/* Events --------------------------------------------------------------------------------------------------------- */

static struct place place_of_mark(const struct reader *reader, const struct fy_mark *mark)
{
	const char *text = reader->source->text;
	size_t offset = mark->input_pos < reader->source->size ? mark->input_pos : reader->source->size;
	size_t start = offset;

	while (start && text[start - 1] != '\n')
		start--;
	return place_at(reader, (uint32_t)mark->line + 1, start, offset);
}

static struct place place_of_event(const struct reader *reader, struct fy_event *event)
{
	const struct fy_mark *from = fy_event_start_mark(event), *to = fy_event_end_mark(event);
	struct place place = { .file = reader->file, .line = 1, .column = 1 };

	if (from)
		place = place_of_mark(reader, from);
	if (from && to && event->type == FYET_SCALAR && to->line == from->line && to->input_pos > from->input_pos)
		place.length = place_of_mark(reader, to).column - place.column;
	return place;
}

/* The library's own words of the first error, which are good. */
static void tell_syntax(const struct reader *reader, struct fy_diag *diag)
{
	void *previous = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(diag, &previous);
	struct place place = { .file = reader->file, .line = 1, .column = 1 };

	if (error && error->line > 0)
		place.line = (uint32_t)error->line;
	if (error && error->column > 0)
		place.column = (uint32_t)error->column;
	config_error(
		reader->findings, place, "this is not YAML: %s", error && error->msg ? error->msg : "it breaks off");
}

/* What has no business in a configuration file, or NULL. */
static const char *unwanted(struct fy_event *event)
{
	static const char anchor[] = "anchors (&NAME) are not used here: say it twice";
	static const char tag[] = "tags (!NAME) are not used here: each key knows its type";

	switch (event->type) {
	case FYET_ALIAS:
		return "aliases (*NAME) are not used here: say it twice, or quote a text that begins with '*'";
	case FYET_SCALAR:
		return event->scalar.anchor ? anchor : event->scalar.tag ? tag : NULL;
	case FYET_MAPPING_START:
		return event->mapping_start.anchor ? anchor : event->mapping_start.tag ? tag : NULL;
	case FYET_SEQUENCE_START:
		return event->sequence_start.anchor ? anchor : event->sequence_start.tag ? tag : NULL;
	default:
		return NULL;
	}
}

static int refuse(const struct reader *reader, struct place place, const char *why)
{
	config_error(reader->findings, place, "%s", why);
	return -EINVAL;
}

/* A string's text: not longer than LIMIT_CONFIG_TEXT. */
static int make_scalar(struct reader *reader, struct fy_event *event, struct place place, struct config_node **ret_node)
{
	size_t length = 0;
	const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &length) : "";
	struct config_node *node;

	if (!text)
		text = "";
	if (length > LIMIT_CONFIG_TEXT)
		return refuse(reader, place, "this text is too long");
	/* "\0" in double quotes is the way to have one. */
	if (memchr(text, '\0', length))
		return refuse(reader, place, "a text with a NUL character in it");
	node = config_node_new(reader->arena, CONFIG_SCALAR, place, "");
	if (!node)
		return -ENOMEM;
	node->text = arena_text(reader->arena, text, length);
	if (!node->text)
		return -ENOMEM;
	node->quoted = event->scalar.value && fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
	*ret_node = node;
	return 0;
}

static int read_node(struct reader *reader, struct fy_event *event, unsigned int depth, struct config_node **ret_node);

/* The next event's node; *ret_node NULL: it was end, the end of what is around it. */
static int read_next(struct reader *reader, unsigned int depth, enum fy_event_type end, struct config_node **ret_node)
{
	struct fy_event *event = fy_parser_parse(reader->parser);
	int ret;

	*ret_node = NULL;
	if (!event)
		return -EBADMSG;
	ret = event->type == end ? 0 : read_node(reader, event, depth, ret_node);
	fy_parser_event_free(reader->parser, event);
	return ret;
}

static int read_sequence(struct reader *reader, unsigned int depth, struct config_node *sequence)
{
	for (;;) {
		struct config_node *value;
		int ret = read_next(reader, depth, FYET_SEQUENCE_END, &value);

		if (ret < 0 || !value)
			return ret;
		ret = config_node_add(reader->arena, sequence, NULL, value);
		if (ret < 0)
			return ret;
	}
}

static int by_key(const void *one, const void *other)
{
	const struct config_node *a = *(const struct config_node *const *)one;
	const struct config_node *b = *(const struct config_node *const *)other;
	int order = strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return a->at.column < b->at.column ? -1 : a->at.column > b->at.column;
}

static int check_twice(struct reader *reader, const struct config_node *mapping)
{
	cleanup_free const struct config_node **keys = calloc(mapping->count + 1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < mapping->count; i++)
		keys[i] = mapping->item[i].key;
	qsort(keys, mapping->count, sizeof(*keys), by_key);
	for (size_t i = 1; i < mapping->count; i++)
		if (!strcmp(keys[i - 1]->text, keys[i]->text)) {
			config_error(reader->findings, keys[i]->at, "'%s' is here twice", keys[i]->text);
			config_hint(reader->findings, "the first is in line %u", keys[i - 1]->at.line);
		}
	return 0;
}

static int read_mapping(struct reader *reader, unsigned int depth, struct config_node *mapping)
{
	for (;;) {
		struct config_node *key, *value;
		int ret = read_next(reader, depth, FYET_MAPPING_END, &key);

		if (ret < 0)
			return ret;
		if (!key)
			return check_twice(reader, mapping);
		if (key->kind != CONFIG_SCALAR)
			return refuse(reader, key->at, "a key is a single word here");
		ret = read_next(reader, depth, FYET_NONE, &value);
		if (!ret)
			ret = config_node_add(reader->arena, mapping, key, value);
		if (ret < 0)
			return ret;
	}
}

static int read_node(struct reader *reader, struct fy_event *event, unsigned int depth, struct config_node **ret_node)
{
	struct place place = place_of_event(reader, event);
	const char *why = unwanted(event);
	bool is_mapping = event->type == FYET_MAPPING_START;
	struct config_node *node;
	int ret;

	if (why)
		return refuse(reader, place, why);
	if (reader->nodes++ == LIMIT_CONFIG_NODES)
		return refuse(reader, place, "the file has too many values");
	if (event->type == FYET_SCALAR)
		return make_scalar(reader, event, place, ret_node);
	if (!is_mapping && event->type != FYET_SEQUENCE_START)
		return -EBADMSG;
	if (depth == LIMIT_CONFIG_DEPTH)
		return refuse(reader, place, "nested too deep");
	node = config_node_new(reader->arena, is_mapping ? CONFIG_MAPPING : CONFIG_SEQUENCE, place, "");
	if (!node)
		return -ENOMEM;
	ret = is_mapping ? read_mapping(reader, depth + 1, node) : read_sequence(reader, depth + 1, node);
	if (ret == 0)
		*ret_node = node;
	return ret;
}

/* What stands round the document: none, one, or more than one of them. */
static int read_stream(struct reader *reader, struct config_node **ret_node)
{
	struct config_node *node = NULL;
	int ret = 0;

	for (;;) {
		struct fy_event *event = fy_parser_parse(reader->parser);

		if (!event)
			return -EBADMSG;
		if (event->type == FYET_STREAM_END) {
			fy_parser_event_free(reader->parser, event);
			*ret_node = node;
			return 0;
		}
		if (node && event->type == FYET_DOCUMENT_START)
			ret = refuse(reader, place_of_event(reader, event), "a second document: a file is one");
		else if (event->type != FYET_STREAM_START && event->type != FYET_DOCUMENT_START &&
			 event->type != FYET_DOCUMENT_END)
			ret = read_node(reader, event, 0, &node);
		fy_parser_event_free(reader->parser, event);
		if (ret < 0)
			return ret;
	}
}

static int parse(struct reader *reader, struct fy_diag *diag, struct config_node **ret_node)
{
	struct fy_parse_cfg config = {
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag
	};
	int ret = -ENOMEM;

	reader->parser = fy_parser_create(&config);
	if (!reader->parser)
		return ret;
	if (!fy_parser_set_string(reader->parser, reader->source->text, reader->source->size))
		ret = read_stream(reader, ret_node);
	if (ret == -EBADMSG)
		tell_syntax(reader, diag);
	fy_parser_destroy(reader->parser);
	return ret == -ENOMEM ? ret : 0;
}

int config_yaml_parse(struct arena *arena, const struct source_list *sources, uint32_t file,
	struct config_findings *findings, struct config_node **ret_node)
{
	struct reader reader = { .arena = arena, .source = &sources->source[file], .file = file, .findings = findings };
	struct fy_diag_cfg config;
	struct fy_diag *diag;
	struct config_node *node = NULL;
	int ret;

	*ret_node = NULL;
	if (!check_text(&reader) || !reader.source->size)
		return 0;
	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.colorize = false;
	diag = fy_diag_create(&config);
	if (!diag)
		return -ENOMEM;
	fy_diag_set_collect_errors(diag, true);
	ret = parse(&reader, diag, &node);
	fy_diag_destroy(diag);
	*ret_node = node;
	return ret;
}
