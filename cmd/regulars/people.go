package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/staff"
)

type staffCmd struct {
	Add staffAddCmd `cmd:"" help:"Add a staff account."`
}

type staffAddCmd struct {
	folder
	Email         string `arg:"" help:"Address that signs in."`
	Role          string `required:"" enum:"owner,merchant,marketer,support,analyst" help:"owner, merchant, marketer, support or analyst."`
	Name          string `help:"Name shown to colleagues."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from standard input; without it one is made and printed once."`
}

func (c staffAddCmd) Run(w *world) error {
	password := rand.Text()
	if c.PasswordStdin {
		line, err := bufio.NewReader(io.LimitReader(w.in, 4096)).ReadString('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("read the password: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	}
	if err := customer.CheckPassword(password, c.Email); err != nil {
		return err
	}
	d, err := c.open(w.ctx, w.env, migrateEmbedded, false)
	if err != nil {
		return err
	}
	defer d.Close()
	hash, err := customer.NewHasher().Hash(w.ctx, password)
	if err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		name, _, _ = strings.Cut(c.Email, "@")
	}
	err = d.InTx(w.ctx, func(tx *db.Tx) error {
		_, err := staff.Add(w.ctx, tx, c.Email, name, staff.Role(c.Role), hash, w.now())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "%s may sign in at /signin as %s\n", c.Email, c.Role)
	if !c.PasswordStdin {
		fmt.Fprintf(w.out, "password, shown only now: %s\n", password)
	}
	return nil
}
