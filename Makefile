# make test is the one command that proves the shop: it installs what is
# missing (Debian packages), starts a throw-away Postgres and runs every test.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: build test check bench simulate demo artsheet axe lighthouse look

build:
	$(BUILD) -o regulars ./cmd/regulars

demo: build
	./regulars demo

test:
	@sh .ci/test

# The contact sheets of all drawings, to be looked at before a change of them
# is accepted: pages, and as the shop prints them sheet.png, sheet-dark.png and
# sheet-grey.png (every form and product at 96 pixels).
artsheet:
	@mkdir -p $${ART_SHEET:=/tmp/regulars-artsheet}; ART_SHEET=$${ART_SHEET} go test -count 1 -run '^TestSheet$$' ./internal/art && echo $${ART_SHEET}

# What a change must pass beyond the tests: formatting, vet, tidy modules.
check:
	@test -z "$$(gofmt -l cmd internal migrations static templates)" || { echo "not gofmt-ed:"; gofmt -l cmd internal migrations static templates; exit 1; }
	go vet ./...
	go mod tidy -diff

# Faults at length: every hostile body at every address, 160,000 steps of simulated shops, 200 rounds of every race,
# 100 kill -9 a database, 70,000 simulated tests. A failed seed is printed; SIM_SEED=17 repeats it.
# A crowd of carts through the follow-up with a crash at every write and mail
# (FOLLOWUP_CARTS=1000000 takes about an hour).
# Then 100,000 links of mails that are not right, and 100,000 requests of
# people with all sorts of consents (FUZZ_SEED).
simulate:
	SIM_SEEDS=$${SIM_SEEDS:-5000} SIM_ROUNDS=$${SIM_ROUNDS:-200} SIM_KILLS=$${SIM_KILLS:-100} SIM_EXPERIMENTS=$${SIM_EXPERIMENTS:-10000} HOSTILE=all REGULARS_TEST=all sh .ci/postgres \
		go test -count 1 -timeout 60m -v -run '^(TestHostileRequestsGetAClearAnswer|TestSimulation|TestRace.*|TestKilled.*|TestFlashSale|TestOneMayLookEveryDay)$$' ./internal/checkout ./internal/experiment ./cmd/regulars
	CARTS=$${FOLLOWUP_CARTS:-20000} go test -count 1 -timeout 120m -v -run '^TestAMillionCarts$$/^sqlite$$' ./internal/outreach
	CARTS=$${CARTS:-1000} go test -count 1 -timeout 60m -v -run '^TestPagesAndOrderAgreeToTheCent$$/^sqlite$$' ./internal/storefront
	FUZZ_TOKENS=$${FUZZ_TOKENS:-100000} go test -count 1 -timeout 60m -v -run '^TestNoLinkButTheRightOneDoesAnything$$/^sqlite$$' ./internal/storefront
	FUZZ_REQUESTS=$${FUZZ_REQUESTS:-100000} go test -count 1 -timeout 60m -v -run '^TestNothingPersonalReachesSomebodyElse$$/^sqlite$$' ./internal/storefront

# The recommender and its index of visits, the search of 100,000 products (PRODUCTS), placing an order beside the database's own limit, and the
# pages beside a plain Echo handler that sends the same bytes; ends with a
# table of the pages.
bench:
	FSYNC=on sh .ci/postgres go test -run '^$$' -bench 'BenchmarkPlace$$' -benchtime 2000x ./internal/checkout
	go test -run '^$$' -bench . -benchmem -benchtime 1s ./internal/recommend
	go test -v -run '^$$' -bench Engine -benchtime 100x ./internal/search
	go test -run '^$$' -bench 'EchoStatic|Pages' -benchmem -benchtime 1s ./cmd/regulars
	go test -run '^$$' -bench SessionsFromLog -benchtime 1x ./cmd/regulars

# Every page family in both languages, both schemes and both widths.
axe:
	AXE=all REGULARS_TEST=all go test -count 1 -timeout 30m -run '^TestLooks$$' ./cmd/regulars

# Lighthouse 12.8.2 as a slow telephone; kept outside of this folder. RUNS=3 for the middle of three.
lighthouse:
	@sh .ci/lighthouse

# A contact sheet of every page family in both languages, schemes and widths, in ./look (LOOK=folder for another).
look:
	LOOK=$${LOOK:-$$PWD/look} REGULARS_TEST=all go test -count 1 -timeout 60m -run '^TestLooks$$/^sheets$$' ./cmd/regulars
