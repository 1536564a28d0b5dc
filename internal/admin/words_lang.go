package admin

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
)

// langOf is a language of the shop; "" stands for both.
func langOf(text string) i18n.Lang {
	if l := i18n.Lang(text); l == i18n.English || l == i18n.Chinese {
		return l
	}
	return ""
}

func langName(c echo.Context, l i18n.Lang) string {
	if l == "" {
		return t(c, "admin.search.lang.both")
	}
	return t(c, "admin.search.lang."+string(l))
}

func langChoices(c echo.Context, chosen string, both bool) (list []choice) {
	if both {
		list = append(list, choice{Value: "", Text: langName(c, ""), Chosen: chosen == ""})
	}
	for _, l := range i18n.Langs {
		list = append(list, choice{Value: string(l), Text: langName(c, l), Chosen: chosen == string(l)})
	}
	return list
}

func testURL(words string, l i18n.Lang) string {
	return searchPath + "?" + url.Values{"q": {words}, "in": {string(l)}}.Encode()
}
