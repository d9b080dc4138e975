# SPDX-License-Identifier: GPL-2.0-or-later
#
# Is standard input well-formed XML, or with html=1 a page whose elements are all closed? Prints what is wrong and fails.
# No namespaces, comments, CDATA or document types beyond HTML's: what sluice writes has none. For a machine without
# xmllint; a conforming parser (xmllint --noout, a browser) agrees with it on what sluice writes.
BEGIN { RS = "<" }

function complain(what) { if (errors++ < 10) print "markup: record " NR ": " what }

# Entities, and what no XML may hold.
function check_text(text) {
	gsub(/&(amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);/, "", text)
	if (text ~ /&/) complain("a bare & in \"" substr(text, 1, 60) "\"")
	if (text ~ /[\001-\010\013\014\016-\037]/) complain("a control character")
}

# NAME="VALUE" NAME="VALUE"…, each name once.
function check_attributes(text,    name, value, seen) {
	while (match(text, /^[ \t\n]+[A-Za-z_:][-A-Za-z0-9_:.]*="[^"]*"/)) {
		name = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		sub(/^[ \t\n]+/, "", name)
		value = name
		sub(/=.*/, "", name)
		sub(/^[^"]*"/, "", value)
		sub(/"$/, "", value)
		check_text(value)
		if (name in seen) complain("two attributes " name)
		seen[name] = 1
		if (name == "id") {
			if (value in ids) complain("two elements have the id " value)
			ids[value] = 1
		}
	}
	if (text !~ /^[ \t\n]*$/) complain("not an attribute: \"" substr(text, 1, 60) "\"")
}

NR == 1 {
	if ($0 !~ /^[ \t\n]*$/) complain("text before the first element")
	next
}
# A script's text ends at its end tag alone.
raw { if (substr($0, 1, length(raw) + 2) != "/" raw ">") next; raw = "" }
NR == 2 && (html ? /^!DOCTYPE html>/ : /^\?xml version="1.0" encoding="UTF-8"\?>/) { next }
{
	end = index($0, ">")
	if (!end) { complain("no end of a tag: \"" substr($0, 1, 60) "\""); next }
	tag = substr($0, 1, end - 1)
	text = substr($0, end + 1)
	if (match(tag, /^\/[A-Za-z][A-Za-z0-9]*$/)) {
		if (!depth || stack[depth] != substr(tag, 2)) complain("</" substr(tag, 2) "> ends " (depth ? stack[depth] : "nothing"))
		else depth--
	} else if (match(tag, /^[A-Za-z][A-Za-z0-9]*/)) {
		name = substr(tag, 1, RLENGTH)
		rest = substr(tag, RLENGTH + 1)
		empty = sub(/\/$/, "", rest) || (html && name ~ /^(meta|input|br|hr|link|img)$/)
		check_attributes(rest)
		if (!depth && roots++) complain("a second root element, " name)
		if (!empty) stack[++depth] = name
		if (html && name == "script") { raw = name; next }
	} else complain("not a tag: \"" substr(tag, 1, 60) "\"")
	check_text(text)
	if (!depth && text !~ /^[ \t\n]*$/) complain("text outside the root element")
}
END {
	while (depth) complain(stack[depth--] " is not closed")
	if (!roots) complain("no element")
	exit errors > 0
}
