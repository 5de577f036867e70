# SPDX-License-Identifier: ISC
# Does a program print what a handbook shows?
#   awk -v list=WORDS [-v whole=1] -f same.awk SHOWN PRINTED
# SHOWN must be found in PRINTED line by line; a line "..." in it stands for any
# lines, also for none.  With whole=1 nothing may be printed before or after it.
# What differs from one run to the next is blurred on both sides, by its shape:
# digests, serials, times, versions, and words of digests and shares, of which
# only how many they are is compared.  `list` has the words of digests, one a
# line.
function repeat(what, n,    s) {
	s = ""
	while (n-- > 0)
		s = s what
	return s
}
BEGIN {
	while ((getline word <list) > 0)
		is_word[word] = is_word[tolower(word)] = 1
	hex = "[0-9a-f]"
	base64 = repeat("[A-Za-z0-9+/]", 43)
	digit = "[0-9]"
	day = repeat(digit, 4) "-" repeat(digit, 2) "-" repeat(digit, 2)
	far = "^" repeat(" ", 18)
	clock = repeat(digit, 2) ":" repeat(digit, 2) ":" repeat(digit, 2)
}
# A row of words of a digest is told from a sentence by the list.
function blur_words(line,    n, part, i, run, text, lead) {
	match(line, /^ */)
	lead = substr(line, 1, RLENGTH)
	n = split(line, part, " ")
	text = ""
	run = 0
	for (i = 1; i <= n + 1; i++) {
		if (i <= n && (part[i] in is_word)) {
			run++
			continue
		}
		if (run >= 4 || (run > 0 && run == n))
			text = text " <" run " words>"
		else
			for (; run > 0; run--)
				text = text " " part[i - run]
		run = 0
		if (i <= n)
			text = text " " part[i]
	}
	return index(text, "words>") > 0 ? lead substr(text, 2) : line
}
function blur_share(line,    n, part, i) {
	if (line ~ /^( +[0-9]+ [a-z]+)+$/)
		return "<numbered words>"
	n = split(line, part, " ")
	for (i = 1; i <= n; i++)
		if (part[i] !~ /^[a-z]+$/)
			return line
	return n == 20 ? "<20 words of a share>" : line
}
function blur(line) {
	sub(/ +$/, "", line)
	gsub(repeat(hex, 64), "<sha256>", line)
	gsub(repeat(hex, 40), "<commit>", line)
	gsub(repeat(hex, 32), "<id>", line)
	gsub(repeat(hex, 16), "<serial>", line)
	gsub(repeat(hex, 12) "\\.\\.", "<digest>..", line)
	gsub(/[0-9]+\.[0-9]+\.[0-9]+/, "<version>", line)
	gsub(/\[[A-Za-z]+ [A-Za-z]+\]/, "[<2 words>]", line)
	gsub(/[0-9]+ octets, SHA-256/, "<number> octets, SHA-256", line)
	gsub(day "T" clock "Z", "<time>", line)
	gsub(day " " clock, "<time>", line)
	gsub(day, "<day>", line)
	gsub(clock, "<clock>", line)
	gsub(/[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]+ [0-9]+ GMT/, "<date>", line)
	gsub(base64 "=", "<base64>", line)
	return blur_share(blur_words(line))
}
# Rows of words are one, wherever they are broken; so is a line that goes on far
# to the right.
function take(line, into, n,    more) {
	if (n > 0 && line ~ far) {
		sub(/^ +/, " ", line)
		raw = raw line
		into[n] = blur(raw)
		return n
	}
	raw = line
	line = blur(line)
	if (line ~ /^ *<[0-9]+ words>$/ && n > 0 &&
	    match(into[n], /<[0-9]+ words>$/)) {
		more = substr(line, index(line, "<") + 1) + 0
		into[n] = substr(into[n], 1, RSTART) \
		    substr(into[n], RSTART + 1) + more " words>"
		return n
	}
	into[n + 1] = line
	return n + 1
}
NR == FNR {
	shown_count = take($0, shown, shown_count)
	next
}
{
	printed_count = take($0, printed, printed_count)
}
# How many lines of a segment stand in what is printed, from a line on.
function agree(first, last, at,    i) {
	for (i = first; i <= last; i++)
		if (at + i - first > printed_count ||
		    shown[i] != printed[at + i - first])
			break
	return i - first
}
function seek(first, last, from, to,    at, n, most) {
	most = -1
	for (at = from; at <= to; at++) {
		n = agree(first, last, at)
		if (n == last - first + 1)
			return at + n
		if (n > most) {
			most = n
			near = at
		}
	}
	print "not printed: " shown[first + (most < 0 ? 0 : most)]
	if (most > 0)
		print "printed is:  " printed[near + most]
	failed = 1
	return 0
}
END {
	at = 1
	for (first = 1; first <= shown_count; first = last + 2) {
		for (last = first - 1; last < shown_count &&
		    shown[last + 1] != "..."; last++)
			;
		if (last < first)
			continue
		from = at
		to = printed_count
		if (whole && first == 1)
			to = 1
		if (whole && last == shown_count) {
			tail = printed_count - (last - first)
			from = tail > from ? tail : from
		}
		if ((at = seek(first, last, from, to)) == 0)
			exit 1
	}
	if (whole && shown_count == 0 && printed_count > 0) {
		print "printed is:  " printed[1]
		failed = 1
	}
	exit failed
}
