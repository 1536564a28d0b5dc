package demo

import (
	"context"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/trait"
)

// traits are what this shop concludes about people (demo-world.md 5). Where
// they lead is not written here: it is counted from what the crowd bought.
var traits = []trait.Trait{
	{Key: "fine-equipment", Name: i18n.Text{En: "Fine equipment", Zh: "精品设备"}, Goods: i18n.Text{En: "Laptops of this class", Zh: "这一档的笔记本电脑"},
		Who: i18n.Text{En: "people who choose fine equipment", Zh: "看重精品设备的人"}, ExpiresDays: 730,
		Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "laptops", Tier: "fine", Price: 1_000_00}}}},
	{Key: "student", Name: i18n.Text{En: "Student", Zh: "学生"}, Who: i18n.Text{En: "students", Zh: "学生"},
		Rule: trait.Rule{Any: []trait.Condition{{Fact: "life", Is: "student"}, {Fact: "occupation", Is: "student"}}}},
	{Key: "maker", Name: i18n.Text{En: "Makes things", Zh: "爱动手"}, Goods: i18n.Text{En: "Power tools and benches", Zh: "电动工具和工作台"},
		Who: i18n.Text{En: "people who build things themselves", Zh: "喜欢自己动手做东西的人"}, ExpiresDays: 540,
		Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "power-tools"}, {Fact: trait.Bought, Is: "bench"}, {Fact: "life", Is: "maker"}, {Fact: "hobby", Is: "woodwork"}}}},
	{Key: "musician", Name: i18n.Text{En: "Makes music", Zh: "玩音乐"}, Goods: i18n.Text{En: "Musical instruments", Zh: "乐器"},
		Who: i18n.Text{En: "people who make music", Zh: "自己玩音乐的人"}, ExpiresDays: 730,
		Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "making-music"}, {Fact: "hobby", Is: "playing-music"}}}},
	{Key: "electronics-bench", Name: i18n.Text{En: "Electronics bench", Zh: "电子工作台"}, Goods: i18n.Text{En: "Meters and supplies", Zh: "电测仪表和电源"},
		Who: i18n.Text{En: "people who set up an electronics bench", Zh: "搭建电子工作台的人"}, ExpiresDays: 730,
		Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "electrical"}}}},
	{Key: "quiet-home", Name: i18n.Text{En: "Quiet evenings at home", Zh: "居家慢时光"}, Goods: i18n.Text{En: "Kitchen things like this", Zh: "这类厨房用品"},
		Who: i18n.Text{En: "people who like quiet evenings at home", Zh: "喜欢居家慢时光的人"}, ExpiresDays: 365,
		Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "kitchen"}}}},
}

func (b *builder) traits(ctx context.Context, tx *db.Tx) error {
	for i, t := range traits {
		t.Position, t.Active = i, true
		if err := trait.Add(ctx, tx, &t, b.opening); err != nil {
			return err
		}
	}
	return nil
}
