package staff

import "strings"

// Browser names the program and the system that a browser says it is, "" if it
// says nothing known: enough to tell one's own telephone from a stranger's.
func Browser(agent string) string {
	first := func(names ...string) string {
		for i := 0; i+1 < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	// The order matters: most claim to be those that came before them.
	program := first("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chromium/", "Chromium", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := first("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case program == "":
		return system
	case system == "":
		return program
	}
	return program + ", " + system
}
