package staff

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

// The values of RFC 4226, appendix D, and of RFC 6238, appendix B, in six digits.
func TestCodesAreThoseOfTheStandards(t *testing.T) {
	secret := []byte("12345678901234567890")
	for i, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := hotp(secret, int64(i)); got != want {
			t.Errorf("counter %d: %s, want %s", i, got, want)
		}
	}
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if _, right := stepOf(secret, want, time.Unix(at, 0)); !right {
			t.Errorf("at %d the code is not %s", at, want)
		}
	}
	if _, right := stepOf(secret, hotp(secret, 10), time.Unix(12*30, 0)); right {
		t.Error("a code of a minute ago is taken")
	}
}

// A code passes once, an older one never after it; a recovery code once; a
// factor sealed under another secret passes nothing but its recovery codes.
func TestASecondFactorPassesOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, shop := context.Background(), bytes.Repeat([]byte("s"), 32)
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		in := func(do func(tx *db.Tx) error) error { return d.InTx(ctx, do) }
		var bo *Staff
		var codes []string
		var secret []byte
		pass := func(shop []byte, code string) (recovery bool, err error) {
			err = in(func(tx *db.Tx) (err error) { recovery, err = PassFactor(ctx, tx, shop, bo.ID, code, now); return err })
			return recovery, err
		}
		code := func(steps int64) string { return hotp(secret, now.Unix()/30+steps) }
		err := in(func(tx *db.Tx) (err error) {
			if bo, err = Add(ctx, tx, "bo@shop.example", "Bo", Support, "hash", now); err != nil {
				return err
			}
			return BeginFactor(ctx, tx, shop, bo.ID, now)
		})
		if err != nil {
			t.Fatal(err)
		}
		f, err := FactorOf(ctx, d, bo.ID)
		if err != nil || bytes.Contains(f.Sealed, []byte("bo")) {
			t.Fatal(err)
		}
		text, err := f.Secret(shop)
		if err != nil || len(text) != 32 {
			t.Fatalf("secret %q, %v", text, err)
		}
		if secret, err = plainBase32.DecodeString(text); err != nil {
			t.Fatal(err)
		}
		if uri := URI("Willow & Son", bo.Email, text); !strings.HasPrefix(uri, "otpauth://totp/Willow%20&%20Son:bo@shop.example?issuer=Willow%20%26%20Son&secret="+text) {
			t.Errorf("the app reads %s", uri)
		}
		if has, _ := HasFactor(ctx, d, bo.ID); has {
			t.Error("a factor that nobody confirmed is asked for")
		}
		if _, err := pass(shop, code(0)); !errors.Is(err, fault.Invalid) {
			t.Errorf("an unconfirmed factor passes: %v", err)
		}
		confirm := func(typed string) error {
			return in(func(tx *db.Tx) (err error) { codes, err = ConfirmFactor(ctx, tx, shop, bo.ID, typed, now); return err })
		}
		if err := confirm("000000"); !errors.Is(err, fault.Invalid) && code(0) != "000000" {
			t.Errorf("a wrong code confirms: %v", err)
		}
		if err := confirm(code(0)); err != nil || len(codes) != 10 {
			t.Fatalf("%d codes, %v", len(codes), err)
		}
		if err := in(func(tx *db.Tx) error { return BeginFactor(ctx, tx, shop, bo.ID, now) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("a confirmed factor is replaced: %v", err)
		}
		for _, used := range []string{code(0), code(-1)} {
			if _, err := pass(shop, used); !errors.Is(err, fault.Invalid) {
				t.Errorf("a used or older code passes: %v", err)
			}
		}
		now = now.Add(time.Minute)
		next := code(0)
		if _, err := pass(shop, next[:3]+" "+next[3:]); err != nil {
			t.Errorf("the code of now: %v", err)
		}
		if recovery, err := pass(shop, strings.ToLower(codes[0])); err != nil || !recovery {
			t.Errorf("a recovery code: %v %v", recovery, err)
		}
		if _, err := pass(shop, codes[0]); !errors.Is(err, fault.Invalid) {
			t.Errorf("the same again: %v", err)
		}
		if n, _ := RecoveriesLeft(ctx, d, bo.ID); n != 9 {
			t.Errorf("%d are left", n)
		}
		now = now.Add(time.Minute)
		other := bytes.Repeat([]byte("o"), 32)
		for _, code := range []string{code(0), codes[1]} {
			if _, err := pass(other, code); !errors.Is(err, fault.Invalid) {
				t.Errorf("under another secret of the shop: %v", err)
			}
		}
		if err := in(func(tx *db.Tx) error { return DropFactor(ctx, tx, bo.ID) }); err != nil {
			t.Fatal(err)
		}
		if has, _ := HasFactor(ctx, d, bo.ID); has {
			t.Error("it is asked for after it was taken off")
		}
	})
}
