# How often the keys of each card were used, as the record tells it: jq -s -r on
# a transcript, with --rawfile notes (all checkpoints) and --slurpfile issuance.
# A line is label, key reference and count.  Of a CA's card key 01 is the CA's
# and 02 the sealer; of an operator's, 01 is "sign" and 02 is "derive".
#
# CA's card, key 01:  the self-test of its making
#                     + every use that an act.result tells of, a PIN's change is
#                       one; of a batch the results in the issuance log
#                     + 1 for each group where it was begun: the challenge; but
#                       none where a destruction found the keys gone
#                     + 1 for each last answer whose destruction was cut off
#                     + 1 where the key came from another card: a signature when
#                       it is taken in
#        key 02:      the self-test of its making, the same where it came from
#                     another card + orders and responses sealed
# Operator's, 01:     3 at the enrolment: two certificates, a text
#                     + 1 for each approval + 1 for each checkpoint
#                     + 1 for each answer when it is retired
#             02:     1 at the enrolment
#                     + 1 for each token that a group it approved opens, or 2
#                       where a change of its PIN was cut off (rotate.found)

def sealed: .use == "seal-order" or .use == "seal-response";
# others are certificates of devices, or a copy, which uses no key of its card
def signed: .use | IN("crl", "root", "product-ca", "sealer", "self-test");

. as $all
| (map(select(.type == "act.propose").body)) as $acts
| (map(select(.type == "act.begin") | {("\(.body.act)"): true}) | add // {})
	as $begun
| (map(select(.type == "act.result") | {("\(.body.act)"): .body.uses})
	| add // {}) as $uses
| (map(select(.type == "rotate.found").body.act)) as $found
# proposed one behind the other: one group
| (reduce .[] as $r ({};
	if $r.type != "act.propose" then .in = false
	elif .in then .groups[-1] += [$r.body]
	else .in = true | .groups += [[$r.body]] end) | .groups // []) as $groups
# the acts of one token in one group, which opens it with shares: it has a
# label, and is known by its serial; a recovery does without
| ($groups | map(group_by(.label)) | add // []
	| map(select(.[0].label != "-" and .[0].token != .[0].label
	and .[0].kind != "recovery")))
	as $opening
| def ca: ($acts | map(.label) | unique - ["-"])[] as $ca
| ($acts | map(select(.label == $ca))) as $own
| ($own | map($uses["\(.act)"] // []) | add) as $told
| ($own | map(select(.token == .label)) | map($uses["\(.act)"] // []) | add
	// [] | map(select(signed).n) | add // 0) as $made
| ($own | map(.act)) as $numbers
| ([$issuance[] | select(.type == "result" and
	(.act as $a | $numbers | index($a)))] | length) as $issued
| ([$opening[] | select(.[0].label == $ca)
	| select(any(.[]; $begun["\(.act)"]))
	| select(.[0].kind != "destroy" or $uses["\(.[0].act)"][0].n != 0)]
	| length) as $challenges
| ([$all[] | select(.type == "destroy.prove").body.act
	| select(. as $a | $numbers | index($a))
	| select($uses["\(.)"] == null)] | length) as $last
| ($told | map(select(signed).n) | add // 0) as $signed
| ($told | map(select(sealed).n) | add // 0) as $seals
| (if any($told[]; .use == "copy") then 1 else 0 end) as $taken
| "\($ca) 01 \($signed - (if $made > 1 then 1 else 0 end)
	+ $issued + $challenges + $last + $taken)",
  (select($made > 1) | "\($ca) 02 \($seals + 1 + $taken)");

def operator: $all[] | select(.type == "enrol").body as $o
| ([$all[] | select(.type == "approve" and .actor[0] == $o.operator)
	| .body.act]) as $approved
| ([$opening[] | select(any(.[]; .act as $a | $approved | index($a)))
	| if any(.[]; .act as $a | $found | index($a)) then 2 else 1 end]
	| add // 0) as $shares
| ($notes | [scan("/\($o.operator) ")] | length) as $signed
| ([$all[] | select(.type == "retire.prove" and .body.serial == $o.serial)]
	| length) as $retired
| "\($o.label) 01 \(3 + ($approved | length) + $signed + $retired)",
  "\($o.label) 02 \(1 + $shares)";

ca, operator
