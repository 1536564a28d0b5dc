package customer_test

import (
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

func TestAddresses(t *testing.T) {
	long := strings.Repeat("a", 64)
	for email, ok := range map[string]bool{
		"name@example.com": true, " Name.Last+tag@Mail.Example ": true, "陈@例子.example": true, "o'hara@shop.example": true, long + "@x.example": true,
		"": false, "name": false, "@x.example": false, "name@": false, "name@example": false, "a b@x.example": false, "a@b@x.example": false,
		"a@-x.example": false, "a@x..example": false, "a@x.example.": false, "<a@x.example>": false, "Name <a@x.example>": false,
		"a@x.example\r\nBcc: b@x.example": false, "a\x00@x.example": false, long + "a@x.example": false, "a@" + strings.Repeat("x", 64) + ".example": false,
		"a@" + strings.Repeat("x.", 130) + "example": false, "a\xff@x.example": false, "a@[127.0.0.1]": false, "a@x.exa mple": false, "a@x_y.example": false,
	} {
		if err := customer.CheckEmail(email); (err == nil) != ok {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	for password, ok := range map[string]bool{
		"demo-regulars": true, "three blue kettles": true, "正确的马电池订书钉": true, strings.Repeat("ab-", 42): true,
		"": false, "short7!": false, "password": false, "PassWord123": false, "ｐａｓｓｗｏｒｄ": false, "iloveyou": false, "qwertyuiop": false,
		"aaaaaaaaaaaa": false, "3456789012": true, "23456789": false, "ihgfedcba": false, "Li.Na@shop.example": false,
		strings.Repeat("ab-", 43): false, "null\x00byte": false,
	} {
		if err := customer.CheckPassword(password, "li.na@shop.example"); (err == nil) != ok {
			t.Errorf("%q: %v", password, err)
		}
	}
	if err := customer.CheckPassword("li-na-in-riverside", "li-na-in-riverside@shop.example"); err == nil {
		t.Error("the first part of the address passed as a password")
	}
}

func TestSignUpNamesEveryWrongInput(t *testing.T) {
	fields := fault.Fields(customer.CheckSignUp("nobody", "short", strings.Repeat("n", 81)))
	if len(fields) != 3 {
		t.Errorf("three wrong inputs, named: %v", fields)
	}
}

func TestEveryTileHasItsNameInBothLanguages(t *testing.T) {
	var keys []string
	for _, kind := range customer.Kinds {
		keys = append(keys, "customer.kind."+kind)
		for _, v := range customer.Tiles(kind) {
			keys = append(keys, "customer."+kind+"."+v)
		}
	}
	for _, v := range customer.Occupations {
		keys = append(keys, "customer.occupation."+v)
	}
	for _, v := range customer.DateKinds {
		keys = append(keys, "customer.date.kind."+v)
	}
	for _, s := range customer.Sizes {
		keys = append(keys, "customer.size."+s.Key)
	}
	for _, p := range customer.Places {
		keys = append(keys, "customer.place."+string(p))
	}
	for _, v := range append(customer.FactKinds(), "hour") {
		keys = append(keys, "customer.fact."+v)
	}
	for _, v := range customer.Channels {
		keys = append(keys, "customer.channel."+v)
	}
	for _, p := range customer.Purposes {
		keys = append(keys, "customer.purpose."+string(p), "customer.purpose."+string(p)+".what")
	}
	for _, key := range keys {
		for _, l := range i18n.Langs {
			if !i18n.Has(l, key) {
				t.Errorf("%s lacks %s", key, l)
			}
		}
	}
}
