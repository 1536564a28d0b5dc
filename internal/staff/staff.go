// Package staff is the people who run the shop: their accounts, what each role
// may do, and the record of what they did. One table says which role reaches
// which room of the back office; the menu and every action obey it.
package staff

import (
	"context"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// ID names a member of staff inside the shop.
type ID int64

// Role is what somebody is here for.
type Role string

const (
	Owner    Role = "owner"
	Merchant Role = "merchant"
	Marketer Role = "marketer"
	Support  Role = "support"
	Analyst  Role = "analyst"
)

// Roles lists every role.
var Roles = []Role{Owner, Merchant, Marketer, Support, Analyst}

// Staff is an account of the back office.
type Staff struct {
	ID           ID
	Email        string
	EmailKey     string
	Name         string
	Role         Role
	PasswordHash string
	Epoch        int // sessions of an older epoch are over
	Active       bool
	CreatedAt    db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt    db.Time `gorm:"autoUpdateTime:false"`
}

func (Staff) TableName() string { return "staff" }

// Entry is one line of the audit: who did what to what. It is never changed.
type Entry struct {
	ID      int64
	StaffID ID
	Action  string
	Subject string
	Detail  string
	At      db.Time
}

func (Entry) TableName() string { return "audit" }

// Door is what sign-in needs of the door that staff and customers share:
// counted tries and password hashes (customer.Hasher).
type Door interface {
	Admit(ctx context.Context, d *db.DB, email, from string, now time.Time) error
	Forgive(ctx context.Context, d *db.DB, email, from string, now time.Time) error
	Verify(ctx context.Context, hash, password string) (bool, error)
}

// ParseRole returns the role of that name.
func ParseRole(s string) (Role, bool) {
	for _, r := range Roles {
		if string(r) == s {
			return r, true
		}
	}
	return "", false
}

// Name is the role for people.
func (r Role) Name(l i18n.Lang) string { return i18n.T(l, "staff.role."+string(r)) }

// Permission is an area of the back office and what is done there:
// "orders.read", "orders.write".
type Permission string

// Area is a room of the back office.
type Area struct {
	Name  string // also its message staff.area.<name>
	Path  string
	Read  []Role // the owner may always
	Write []Role
	// Within is a right inside of another room: it stands before that room in
	// the table, and not in the menu.
	Within bool
}

// Areas is the table of role and route, in the order of the menu. Whoever may
// write may read. A path belongs to the room whose path it is or begins with;
// what belongs to no room is the owner's alone.
var Areas = []Area{
	{Name: "home", Path: "/admin", Read: []Role{Merchant, Marketer, Support, Analyst}},
	{Name: "find", Path: "/admin/find", Read: []Role{Merchant, Marketer, Support, Analyst}, Within: true}, // shows what the other rooms let in
	{Name: "orders", Path: "/admin/orders", Write: []Role{Merchant, Support}},
	{Name: "returns", Path: "/admin/returns", Write: []Role{Merchant, Support}},
	{Name: "products", Path: "/admin/products", Write: []Role{Merchant}},
	{Name: "search", Path: "/admin/search", Read: []Role{Marketer, Analyst}, Write: []Role{Merchant}},
	{Name: "stock", Path: "/admin/stock", Write: []Role{Merchant}},
	{Name: "delivery", Path: "/admin/delivery", Read: []Role{Support}, Write: []Role{Merchant}},
	{Name: "promotions", Path: "/admin/promotions", Write: []Role{Merchant, Marketer}},
	{Name: "gift-cards", Path: "/admin/gift-cards", Read: []Role{Support}, Write: []Role{Merchant}},
	{Name: "personal", Path: "/admin/customers/personal", Read: []Role{Merchant, Support}, Within: true}, // addresses, telephones, birthdays, letters: others see them masked
	{Name: "exports", Path: "/admin/customers/people.csv", Read: []Role{Merchant}, Within: true},
	{Name: "contacts", Path: "/admin/customers/new", Write: []Role{Support}, Within: true},
	{Name: "lists", Path: "/admin/customers/lists", Write: []Role{Merchant, Marketer}, Within: true},
	{Name: "customers", Path: "/admin/customers", Read: []Role{Merchant, Marketer}, Write: []Role{Support}},
	{Name: "health", Path: "/admin/health", Read: []Role{Merchant, Support, Analyst}, Write: []Role{Marketer}},
	{Name: "values", Path: "/admin/values", Read: []Role{Merchant, Marketer}},
	{Name: "segments", Path: "/admin/segments", Read: []Role{Analyst}, Write: []Role{Marketer}},
	{Name: "homepages", Path: "/admin/homepages", Write: []Role{Marketer}},
	{Name: "chains", Path: "/admin/chains", Read: []Role{Analyst}, Write: []Role{Merchant, Marketer}},
	{Name: "reports", Path: "/admin/reports", Read: []Role{Merchant, Marketer, Analyst}},
	{Name: "abandonment", Path: "/admin/abandonment", Read: []Role{Analyst}, Write: []Role{Marketer}},
	{Name: "messages", Path: "/admin/messages", Read: []Role{Support}, Write: []Role{Marketer}},
	{Name: "campaign-people", Path: "/admin/campaigns/people", Read: []Role{Merchant, Marketer}, Within: true},
	{Name: "campaign-files", Path: "/admin/campaigns/file", Read: []Role{Merchant}, Within: true},
	{Name: "campaigns", Path: "/admin/campaigns", Read: []Role{Analyst}, Write: []Role{Merchant, Marketer}},
	{Name: "experiments", Path: "/admin/experiments", Read: []Role{Analyst}, Write: []Role{Marketer}},
	{Name: "questions", Path: "/admin/questions", Write: []Role{Merchant, Support}},
	{Name: "reviews", Path: "/admin/reviews", Write: []Role{Merchant, Support}},
	{Name: "surveys", Path: "/admin/surveys", Read: []Role{Support, Analyst}, Write: []Role{Merchant, Marketer}},
	{Name: "mail", Path: "/admin/mail", Read: []Role{Marketer}, Write: []Role{Merchant, Support}},
	{Name: "settings", Path: "/admin/settings"},
	{Name: "alarms", Path: "/admin/alarms", Read: []Role{Support}, Write: []Role{Merchant}},
	{Name: "audit", Path: "/admin/audit"},
}

func (a Area) allows(role Role, write bool) bool {
	if role == Owner {
		return true
	}
	for _, r := range a.Write {
		if r == role {
			return true
		}
	}
	if !write {
		for _, r := range a.Read {
			if r == role {
				return true
			}
		}
	}
	return false
}

// May reports whether a role holds a permission.
func May(role Role, p Permission) bool {
	name, verb, ok := strings.Cut(string(p), ".")
	if !ok || verb != "read" && verb != "write" {
		return false
	}
	for _, a := range Areas {
		if a.Name == name {
			return known(role) && a.allows(role, verb == "write")
		}
	}
	return false
}

// Allowed reports whether a role may send a request of that method to a path
// under /admin. GET and HEAD read; everything else writes. A path that is not
// written plainly (.., //, a backslash) is refused to everybody, since the
// router may read it otherwise than this table does.
func Allowed(role Role, method, path string) bool {
	if !known(role) || strings.Contains(path, "..") || strings.Contains(path, "//") || strings.ContainsAny(path, "\\\x00") {
		return false
	}
	if path != "/admin" && !strings.HasPrefix(path, "/admin/") {
		return false
	}
	write := method != "GET" && method != "HEAD"
	path = strings.TrimSuffix(path, "/")
	for _, a := range Areas {
		if path == a.Path || a.Path != "/admin" && strings.HasPrefix(path, a.Path+"/") {
			return a.allows(role, write)
		}
	}
	return role == Owner
}

// Menu lists the rooms a role may enter.
func Menu(role Role) []Area {
	var areas []Area
	for _, a := range Areas {
		if !a.Within && Allowed(role, "GET", a.Path) {
			areas = append(areas, a)
		}
	}
	return areas
}

func known(role Role) bool {
	_, ok := ParseRole(string(role))
	return ok
}
