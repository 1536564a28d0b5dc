package demo

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/owner"
)

// upgrades says which variant is for owners of what; with a version, of an older
// one that this shop never sold under its own name.
var upgrades = []struct{ variant, from, version string }{
	{"SW01-UPGRADE", "SW02", ""}, {"SW03-UPGRADE", "SW03", "6"}, {"SW09-UPGRADE", "SW09", "2"},
}

// owners makes the prices for owners theirs alone, notes what people of the tour
// have from elsewhere, and tells the owners of Plotline 3 of 4. The notice of
// Darkbox 7 waits as a draft for whoever walks through the back office.
func (b *builder) owners(ctx context.Context, tx *db.Tx) error {
	for _, u := range upgrades {
		v, err := catalog.VariantBySKU(ctx, tx, u.variant)
		if err != nil {
			return fmt.Errorf("keep %s for owners: %w", u.variant, err)
		}
		if err := owner.SetUpgrade(ctx, tx, v.ID, b.byCode[u.from].id, u.version, true); err != nil {
			return err
		}
	}
	by := fmt.Sprint("staff:", b.clerk)
	for i := range b.People.Shoppers {
		p := &b.People.Shoppers[i]
		for _, o := range p.OwnsOlder {
			k, err := customer.ByEmail(ctx, tx, p.Email)
			if err != nil {
				return err
			}
			if err := owner.Tell(ctx, tx, k.ID, b.byCode[o.Product].id, o.Version, by, b.now.AddDate(0, -o.MonthsAgo, 0), b.now); err != nil {
				return err
			}
		}
	}
	four := owner.Notice{Kind: owner.Release, ProductID: b.byCode["SW02"].id, ToID: b.byCode["SW01"].id, Facts: "system,version,changes", CreatedBy: by,
		Title: i18n.Text{En: "Plotline 4, and what it costs you", Zh: "绘线四，以及您的升级价"},
		Body:  i18n.Text{En: "Sections follow the model, sheets are shared, and laser cutters get their files directly. Your files of version 3 open as they are.", Zh: "剖面随模型更新，图框可以共用，还能直接导出激光切割文件。第三版的文件直接打开。"},
		Steps: i18n.Text{En: "- Buy “Upgrade from 3” with the account that bought version 3\n- Type the new key into the program you have\n- Version 3 stays installed until you remove it", Zh: "- 用购买第三版的账户购买“从三升级”\n- 在现有程序里输入新密钥\n- 第三版会保留，直到您自己删除"}}
	seven := owner.Notice{Kind: owner.Release, ProductID: b.byCode["SW03"].id, Version: "6", ToID: b.byCode["SW03"].id, CreatedBy: by,
		Title: i18n.Text{En: "Darkbox 7, from version 6", Zh: "暗盒七，从六升级"},
		Body:  i18n.Text{En: "Version 7 is sold here. Owners of 6 pay the upgrade price.", Zh: "本店出售第七版，第六版用户按升级价购买。"},
		Steps: i18n.Text{En: "- Buy “Upgrade from 6” with your account\n- Type the new key", Zh: "- 用您的账户购买“从六升级”\n- 输入新密钥"}}
	for _, n := range []*owner.Notice{&four, &seven} {
		if err := owner.Put(ctx, tx, n, b.now); err != nil {
			return err
		}
	}
	_, err := owner.Start(ctx, tx, four.Token, by, b.now)
	return err
}
