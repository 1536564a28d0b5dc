package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"regulars/internal/db"
)

// sessionStore keeps sessions in the table sessions, under the hash of their
// token: who reads the table cannot sign in with it.
type sessionStore struct {
	db  *db.DB
	now func() time.Time
}

// noteOnly marks a commit that must not bring back a row that is gone.
type noteOnly struct{}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx returns the session's data if it has not been idle too long.
func (st *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var rows []struct{ Data []byte }
	err := st.db.Query(ctx).Raw("SELECT data FROM sessions WHERE token = ? AND expires_at > ?", hashed(token), db.At(st.now())).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	return rows[0].Data, true, nil
}

// CommitCtx stores the session. Its row lives as long as it may be idle by
// our own clock; the absolute age stands inside it.
func (st *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	expires := db.At(st.now().Add(sessionIdle + sessionNote))
	return st.db.InTx(ctx, func(tx *db.Tx) error {
		if ctx.Value(noteOnly{}) != nil {
			return tx.Query(ctx).Exec("UPDATE sessions SET data = ?, expires_at = ? WHERE token = ?", data, expires, hashed(token)).Error
		}
		return tx.Query(ctx).Exec(`INSERT INTO sessions (token, data, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			hashed(token), data, expires).Error
	})
}

// DeleteCtx forgets the session.
func (st *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return st.db.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("DELETE FROM sessions WHERE token = ?", hashed(token)).Error
	})
}

// Find, Commit and Delete complete scs.Store; scs calls the forms with a
// context.
func (st *sessionStore) Find(token string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), token)
}

// Commit stores the session.
func (st *sessionStore) Commit(token string, b []byte, expires time.Time) error {
	return st.CommitCtx(context.Background(), token, b, expires)
}

// Delete forgets the session.
func (st *sessionStore) Delete(token string) error { return st.DeleteCtx(context.Background(), token) }
