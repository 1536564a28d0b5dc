package ask

import (
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Article is a page of help. Without a link it is about the whole shop.
type Article struct {
	ID         int64
	Slug       string
	Title      i18n.Text
	Body       i18n.Text
	Published  bool
	Position   int
	CreatedAt  db.Time              `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time              `gorm:"autoUpdateTime:false"`
	Products   []catalog.ProductID  `gorm:"-"`
	Categories []catalog.CategoryID `gorm:"-"`
}

// TableName is the table of the row.
func (Article) TableName() string { return "help_articles" }
