package catalog

// Settle lets the last change be long ago.
func Settle() { settled.Store(changes.Load()) }

// Age lets what is kept be too old.
func (l *Live) Age() { l.drop(l.kept) }
