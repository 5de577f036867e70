/* SPDX-License-Identifier: ISC */
#include "smartcard/attributes.h"

enum want {
	MUST,
	NEVER,
	IF_SIGN,
	IF_DERIVE
};

/* One row a rule: the attribute, where it is kept, what it must be. */
static const struct rule {
	CK_ATTRIBUTE_TYPE type;
	size_t at;
	enum want want;
	unsigned excuse; /* of it; 0: there is none */
	const char *fault;
} rules[] = {
#define AT(member) offsetof(struct key_attributes, member)
	{ CKA_TOKEN, AT(token), MUST, 0,
	    "CKA_TOKEN: the key is not kept on the token" },
	{ CKA_PRIVATE, AT(private_), MUST, 0,
	    "CKA_PRIVATE: the key can be used without login" },
	{ CKA_EXTRACTABLE, AT(extractable), NEVER, ATTRIBUTES_LEAVES,
	    "CKA_EXTRACTABLE: the key can be wrapped and taken off" },
	{ CKA_SENSITIVE, AT(sensitive), MUST, ATTRIBUTES_LATE,
	    "CKA_SENSITIVE: the key can be read in clear" },
	{ CKA_ALWAYS_SENSITIVE, AT(always_sensitive), MUST,
	    ATTRIBUTES_LATE | ATTRIBUTES_CAME | ATTRIBUTES_FOREIGN,
	    "CKA_ALWAYS_SENSITIVE: the key could once be read in clear" },
	{ CKA_NEVER_EXTRACTABLE, AT(never_extractable), MUST,
	    ATTRIBUTES_LATE | ATTRIBUTES_LEAVES | ATTRIBUTES_FOREIGN,
	    "CKA_NEVER_EXTRACTABLE: the key could once be taken off" },
	{ CKA_LOCAL, AT(local), MUST,
	    ATTRIBUTES_LATE | ATTRIBUTES_CAME | ATTRIBUTES_FOREIGN,
	    "CKA_LOCAL: the key was not made on the token" },
	{ CKA_SIGN, AT(sign), IF_SIGN, ATTRIBUTES_FOREIGN,
	    "CKA_SIGN: not as the key's use says" },
	{ CKA_DERIVE, AT(derive), IF_DERIVE, ATTRIBUTES_FOREIGN,
	    "CKA_DERIVE: not as the key's use says" },
	{ CKA_DECRYPT, AT(decrypt), NEVER, ATTRIBUTES_FOREIGN,
	    "CKA_DECRYPT: the key may decrypt" },
	{ CKA_UNWRAP, AT(unwrap), NEVER, ATTRIBUTES_FOREIGN,
	    "CKA_UNWRAP: the key may unwrap" },
	{ CKA_SIGN_RECOVER, AT(sign_recover), NEVER,
	    ATTRIBUTES_RECOVER | ATTRIBUTES_FOREIGN,
	    "CKA_SIGN_RECOVER: the key may sign with recovery" },
#undef AT
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

static bool
wanted(const struct rule *rule, enum key_use use)
{
	return rule->want == MUST ||
	    (rule->want == IF_SIGN && use != KEY_DERIVE) ||
	    (rule->want == IF_DERIVE && use == KEY_DERIVE);
}

static unsigned
use_excuses(enum key_use use)
{
	switch (use) {
	case KEY_SIGN_ORIGINAL:
		return ATTRIBUTES_LEAVES;
	case KEY_SIGN_COPY:
		return ATTRIBUTES_LEAVES | ATTRIBUTES_CAME;
	case KEY_FOREIGN:
		return ATTRIBUTES_FOREIGN;
	case KEY_SIGN:
	case KEY_DERIVE:
		break;
	}
	return 0;
}

const char *
attributes_fault(const struct key_attributes *attrs, enum key_use use,
    unsigned excuses)
{
	excuses &= ATTRIBUTES_LATE | ATTRIBUTES_RECOVER;
	if (use == KEY_DERIVE)
		excuses &= ~(unsigned)ATTRIBUTES_RECOVER;
	excuses |= use_excuses(use);
	for (size_t i = 0; i < RULES; i++) {
		const bool *value =
		    (const bool *)((const char *)attrs + rules[i].at);

		if ((rules[i].excuse & excuses) != 0)
			continue;
		if (*value != wanted(&rules[i], use))
			return rules[i].fault;
	}
	return NULL;
}

enum card_error
attributes_read(struct token *t, CK_OBJECT_HANDLE key, enum key_use use,
    struct key_attributes *out)
{
	for (size_t i = 0; i < RULES; i++) {
		CK_BBOOL b = CARD_NO;
		CK_ATTRIBUTE attr = { rules[i].type, &b, sizeof(b) };
		bool *value = (bool *)((char *)out + rules[i].at);
		CK_RV rv;

		rv = t->m->f->C_GetAttributeValue(t->session, key, &attr, 1);
		if (rv == CKR_OK && attr.ulValueLen == sizeof(b))
			*value = b != CARD_NO;
		else if (rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID)
			*value = !wanted(&rules[i], use) &&
			    (rules[i].excuse & use_excuses(use) &
				ATTRIBUTES_FOREIGN) == 0;
		else
			return module_error(t->m, rv);
	}
	return CARD_OK;
}
