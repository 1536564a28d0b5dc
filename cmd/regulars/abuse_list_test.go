package main

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// abuses are the rows of the abuse list with the tests that answer them; a row
// of a part that is not built says so.
var abuses = []struct {
	row   string
	tests []string
}{
	{"qty 0, -1, 1e9, 1.5, full-width, empty, repeated keys", []string{"TestAbusedCart", "TestQuantitiesAreWholeNumbers"}},
	{"price, total, discount, user id, role, is_demo in any body", []string{"TestFieldsNobodyAskedForAreIgnored", "TestFormTakesOnlyWhatItNames"}},
	{"skip a checkout step, replay an old one, pay a changed cart", []string{"TestOneFormIsOneOrder", "TestSameFormTwiceIsOneOrder", "TestPriceChangeIsShownBeforeItIsCharged", "TestAnothersKeyTellsNothing"}},
	{"50 parallel coupon, gift card, stock, key requests", []string{"TestRaceForStock", "TestRaceForCoupon", "TestRaceForAGiftCard", "TestRaceForOneKey", "TestRaceForOneCart", "TestFlashSale"}},
	{"coupon code guessing", []string{"TestCodesCannotBeGuessed"}},
	{"carding on checkout", []string{"TestCardsAreNotTriedHere", "TestAlarmsStandBeforeStaffUntilTheyAreSeen"}},
	{"hold hoarding", []string{"TestGoodsAreNotHoarded", "TestRationedGoodsStayRationed", "TestPayingAgainHoldsNotForever"}},
	{"login stuffing", []string{"TestTenWrongPasswordsCloseTheDoorForAWhile", "TestLimitHoldsWhenManyTryAtOnce", "TestPasswords"}},
	{"forgot password, sign-up, e-mail change for known and unknown address", []string{"TestSignUpTellsNobodyWhoShopsHere", "TestOneMailWhateverTheAddress", "TestSignInTellsNobodyWhoHasAnAccount"}},
	{"Host or X-Forwarded-Host forged", []string{"TestOtherHostsAreMisdirected"}},
	{"open redirect", []string{"TestLocalPath", "TestSignInLeadsNowhereElse"}},
	{"encoded slash to reach guarded files", []string{"TestPathsThatPretend", "TestHostileRequestsGetAClearAnswer"}},
	{"CSRF, method override, login and logout CSRF", []string{"TestFormsAreTakenFromOurOwnPagesOnly", "TestFormTokenForClientsThatSayNothing", "TestAFormFromElsewhereChangesNothing"}},
	{"session fixation, old session after password change", []string{"TestSessions", "TestPasswordChangeEndsOtherSessions", "TestCookieFlags", "TestSessionsOfStaffEnd"}},
	{"order id walking, other people's things", []string{"TestOtherPeoplesThings", "TestAGuestFindsTheirOrder", "TestAnothersKeyTellsNothing"}},
	{"XSS in name, question, search term, import", []string{"TestWhatStrangersWroteIsShownAsText", "TestHeadersOnEveryAnswer"}},
	{"template injection in mail", []string{"TestEveryTemplateIsWrittenInBothLanguages"}},
	{"SQL via sort, filter, id", []string{"TestListsTakeWhatIsInTheirAddress", "TestHostileRequestsGetAClearAnswer"}},
	{"search operators, long queries, NUL, invalid UTF-8", []string{"TestHostileQueriesAreAnswered", "TestTermsAreFoldedAlike"}},
	{"CSV export starting with = + - @", []string{"TestCellsAreNeverFormulas", "TestCellsAreGuardedAndComeBack", "TestHostileFilesGetOneClearAnswer"}},
	{"forged, old, replayed or huge webhook", []string{"TestStripeWebhookBelievesNobody", "TestStripeEventsTripledAndShuffledEndAlike", "TestAShopperPaysByStripe"}},
	{"mail header injection", []string{"TestHostileRequestsGetAClearAnswer", "TestAddresses"}},
	{"unsubscribe link scanners", []string{"TestUnsubscribingStopsWhatIsAlreadyWaiting", "TestRestoreLinkWorksOnceAndTellsNothing"}},
	{"huge or slow body", []string{"TestUploads"}},
	{"log injection, secrets in logs", []string{"TestTheLogKeepsSecrets"}},
	{"staff: rights, first owner", []string{"TestEveryRoleReachesItsRoomsAndNoOthers", "TestEveryRoomAsksTheTable", "TestOneOwnerAlwaysStays"}},
	{"test gateway in production", []string{"TestAShopWithStripeNeverOffersTest"}},
	{"images: SVG, polyglots, bombs", nil},        // no upload of pictures is built
	{"webhook or feed URL to an inner host", nil}, // the shop calls Stripe and the mail server only
	{"insider: mass refund", []string{"TestTwoStaffRefundOnce", "TestGuessingThePasswordEnds", "TestARefusedRefundIsTriedAgainByWhoProvesThemselves"}},
	{"fake events poisoning recommendations", nil},
}

func TestEveryRowOfTheAbuseListIsATest(t *testing.T) {
	var names []string
	for file, f := range sources(t, "internal", "cmd") {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	for _, a := range abuses {
		for _, test := range a.tests {
			if !slices.Contains(names, test) {
				t.Errorf("%s: there is no %s", a.row, test)
			}
		}
	}
}
