package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// environment is everything that belongs to this machine rather than to the
// shop. It is read once; all mistakes are told together.
type environment struct {
	DatabaseURL    string
	BaseURL        string
	Secret         string
	TrustedProxies []netip.Prefix
	MeiliURL       string
	MeiliKey       string
	StripeKey      string
	StripeWebhook  string
	StripeBase     string
	SMTPURL        string
	LogSet         bool // REGULARS_LOG is set; the demo is quiet otherwise
	LogJSON        bool
	LogLevel       slog.Level
}

var environmentNames = []string{
	"REGULARS_ADDR", "REGULARS_BASE_URL", "REGULARS_DATA", "REGULARS_SECRET", "REGULARS_TRUSTED_PROXIES", "REGULARS_LOG",
	"REGULARS_TEST", "REGULARS_TEST_POSTGRES", // read by the tests
}

const environmentHelp = `Settings from the environment:
  REGULARS_ADDR             where to listen (127.0.0.1:8080)
  REGULARS_BASE_URL         the shop's public address; other hosts get 421, cookies are Secure on https
  REGULARS_DATA             folder of the embedded database, media and mail (./data)
  REGULARS_SECRET           32 or more characters; made in the data folder for the embedded database, required with Postgres
  REGULARS_TRUSTED_PROXIES  addresses or networks whose X-Forwarded-For is believed, comma separated
  REGULARS_LOG              text or json, and a level: "json,debug"
  DATABASE_URL              postgres://user:password@host:5432/name; unset: SQLite in the data folder
  SMTP_URL                  smtp://user:password@host:port; unset: mail goes to .eml files in the data folder
  STRIPE_SECRET_KEY         takes payments by Stripe; unset: the built-in test gateway, which takes no money
  STRIPE_WEBHOOK_SECRET     signs Stripe's events at /webhooks/stripe; 16 or more characters, required with the key
  STRIPE_API_BASE           another address of Stripe's API, for tests
  MEILI_URL                 http://host:7700 of a Meilisearch server, 1.18 or later; unset: the search inside the shop
  MEILI_MASTER_KEY          its key: the master key, or one that may search and write the indexes products and products_next`

type variables map[string]string

// split reads the environment's list; a name of ours that is not known is a
// typing mistake that would otherwise go unnoticed for months.
func split(environ []string) (variables, error) {
	vars := variables{}
	var unknown []string
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		vars[name] = value
		if strings.HasPrefix(name, "REGULARS_") && !slices.Contains(environmentNames, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return vars, fmt.Errorf("%s is not a setting of this program; known are %s", strings.Join(unknown, ", "), strings.Join(environmentNames[:6], ", "))
	}
	return vars, nil
}

// Validate and Resolve make the environment a source of flags for kong.
func (v variables) Validate(*kong.Application) error { return nil }

// Resolve answers for flags tagged resolve-env.
func (v variables) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if name := flag.Tag.Get("variable"); name != "" {
		if value := v[name]; value != "" {
			return value, nil
		}
	}
	return nil, nil
}

func readEnvironment(vars variables, unknown error) (environment, error) {
	e := environment{
		DatabaseURL: vars["DATABASE_URL"], BaseURL: strings.TrimSuffix(vars["REGULARS_BASE_URL"], "/"), Secret: vars["REGULARS_SECRET"],
		MeiliURL: vars["MEILI_URL"], MeiliKey: vars["MEILI_MASTER_KEY"], SMTPURL: vars["SMTP_URL"],
		StripeKey: vars["STRIPE_SECRET_KEY"], StripeWebhook: vars["STRIPE_WEBHOOK_SECRET"], StripeBase: vars["STRIPE_API_BASE"],
	}
	e.LogSet = vars["REGULARS_LOG"] != ""
	wrong := []error{unknown}
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if e.BaseURL != "" {
		if u, err := url.Parse(e.BaseURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			complain("REGULARS_BASE_URL %q should look like https://shop.example, without a path", e.BaseURL)
		}
	}
	if e.DatabaseURL != "" && !strings.HasPrefix(e.DatabaseURL, "postgres://") && !strings.HasPrefix(e.DatabaseURL, "postgresql://") {
		complain("DATABASE_URL should start with postgres://; unset it for the embedded SQLite")
	}
	if e.Secret != "" && len(e.Secret) < 32 {
		complain("REGULARS_SECRET has %d characters; 32 are needed", len(e.Secret))
	}
	for part := range strings.SplitSeq(vars["REGULARS_TRUSTED_PROXIES"], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if addr, err := netip.ParseAddr(part); err == nil {
			e.TrustedProxies = append(e.TrustedProxies, netip.PrefixFrom(addr, addr.BitLen()))
		} else if prefix, err := netip.ParsePrefix(part); err == nil {
			e.TrustedProxies = append(e.TrustedProxies, prefix)
		} else {
			complain("REGULARS_TRUSTED_PROXIES: %q is neither an address nor a network such as 10.0.0.0/8", part)
		}
	}
	for part := range strings.SplitSeq(vars["REGULARS_LOG"], ",") {
		switch part = strings.TrimSpace(part); part {
		case "", "text":
		case "json":
			e.LogJSON = true
		default:
			if err := e.LogLevel.UnmarshalText([]byte(part)); err != nil {
				complain("REGULARS_LOG: %q is neither text, json nor one of debug, info, warn, error", part)
			}
		}
	}
	if u, err := url.Parse(e.StripeBase); e.StripeBase != "" && (err != nil || u.Host == "") {
		complain("STRIPE_API_BASE %q should be an address such as http://127.0.0.1:12111", e.StripeBase)
	}
	if u, err := url.Parse(e.MeiliURL); e.MeiliURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
		complain("MEILI_URL should look like http://127.0.0.1:7700; the key belongs into MEILI_MASTER_KEY") // what is there may hold a password
	}
	if strings.ContainsFunc(e.MeiliKey, unicode.IsControl) {
		complain("MEILI_MASTER_KEY holds a line break or another sign that no key has")
	}
	if e.StripeKey != "" && len(e.StripeWebhook) < 16 {
		// An empty secret would let anybody sign payment events.
		complain("STRIPE_SECRET_KEY is set without a STRIPE_WEBHOOK_SECRET of 16 or more characters")
	}
	if err := errors.Join(wrong...); err != nil {
		return e, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return e, nil
}
